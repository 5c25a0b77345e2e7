import { type Static, Type } from 'typebox';

/** Options that users set with `--bus-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export const options = Type.Object(
  {
    pollMs: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Between two looks for new messages.', default: 20 }),
    ),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
