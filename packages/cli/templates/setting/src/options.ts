import { type Static, Type } from 'typebox';

/** Options that users set with `--setting-option __name__.KEY=VALUE`. CooperBench refuses any other key; editors show the descriptions. */
export const options = Type.Object(
  {
    channels: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Channels that are open unless the user names others.',
        default: ['messages', 'git'],
      }),
    ),
  },
  { additionalProperties: false },
);

export type Options = Static<typeof options>;
