import { type Static, Type } from 'typebox';

/** Options that users set with `--channel-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export const options = Type.Object(
  {
    maxTasks: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Tasks that the list can have.', default: 100 }),
    ),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
