import { type Static, Type } from 'typebox';

/** What the evaluator may be made with. All have a default: `--evaluator __name__` gives none. */
export const options = Type.Object(
  {
    /** POSIX sh, run in the repository with all patches applied: exit 0 is a pass. */
    check: Type.Optional(Type.String({ minLength: 1 })),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
