import { type Static, Type } from 'typebox';

/** Options that users set with `--evaluator-option __name__.KEY=VALUE`. Core refuses others and suggests the nearest key. Editors show the descriptions. */
export const options = Type.Object(
  {
    check: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'POSIX sh, run in the repository with all patches applied: exit 0 is a pass.',
      }),
    ),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
