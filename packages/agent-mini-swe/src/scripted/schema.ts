import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const count = Type.Optional(Type.Integer({ minimum: 0 }));
const command = Type.String({ minLength: 1 });

const turn = Type.Object(
  {
    say: Type.Optional(Type.String()),
    run: Type.Optional(Type.Union([command, Type.Array(command)])),
    wait_ms: count,
    usage: Type.Optional(
      Type.Object(
        {
          input_tokens: count,
          output_tokens: count,
          cache_read_tokens: count,
          cache_write_tokens: count,
          /** USD. */
          cost: Type.Optional(Type.Number({ minimum: 0 })),
        },
        closed,
      ),
    ),
    submit: Type.Optional(Type.Boolean()),
    /** A tool call as it is, to try how the agent answers a wrong one. */
    tool: Type.Optional(Type.Object({ name: Type.String(), arguments: Type.String() }, closed)),
  },
  closed,
);

/** One seat's turns, and which seat they are for. */
const script = Type.Object(
  {
    match: Type.Optional(
      Type.Object(
        {
          setting: Type.Optional(Type.String()),
          seat: Type.Optional(Type.String()),
          features: Type.Optional(Type.Array(Type.Integer())),
          /** The last two components of the task's directory. */
          task: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
    turns: Type.Array(turn),
  },
  closed,
);

/** The file of a `scripted/<file>` model. README.md documents it. */
export const scriptFileSchema = Type.Object({ scripts: Type.Array(script, { minItems: 1 }) }, closed);

export type Script = Static<typeof script>;
export type ScriptTurn = Static<typeof turn>;
