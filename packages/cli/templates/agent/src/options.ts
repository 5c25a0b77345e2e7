import { type Static, Type } from 'typebox';

/** Options that users set with `--agent-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export const options = Type.Object(
  {
    commands: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Shell commands, run one after the other. TASK holds what the seat is to do.',
      }),
    ),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
