import { type Static, Type } from 'typebox';

/** What users may say with `--backend-option __name__.KEY=VALUE`. Anything else is refused, with the nearest key. */
export const options = Type.Object(
  {
    /** Where the sandboxes' folders are. Default: the system's temporary folder. */
    folder: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
