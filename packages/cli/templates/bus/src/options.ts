import { type Static, Type } from 'typebox';

/** What users may say with `--bus-option __name__.KEY=VALUE`. Anything else is refused, with the nearest key. */
export const options = Type.Object(
  {
    /** Between two looks for new messages. Default: 20. */
    pollMs: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
