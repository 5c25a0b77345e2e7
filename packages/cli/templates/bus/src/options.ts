import { type Static, Type } from 'typebox';

/** What users may say with `--bus-option __name__.KEY=VALUE`. Anything else is refused, with the nearest key; editors show the descriptions. */
export const options = Type.Object(
  {
    pollMs: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Between two looks for new messages.', default: 20 }),
    ),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
