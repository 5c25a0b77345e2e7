import { type Static, Type } from 'typebox';

/** What users may say with `--agent-option __name__.KEY=VALUE`. Anything else is refused, with the nearest key. */
export const options = Type.Object(
  {
    /** Shell commands, run one after the other. `TASK` holds what the seat is to do. */
    commands: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
