import { type TObject, Type } from 'typebox';

/** The options of `--backend docker`. */
export interface DockerOptions {
  /** `bridge` (default): the internet, but not other sandboxes. `none`: no network at all. */
  readonly network?: 'bridge' | 'none';
  /** Memory of one sandbox, swap included. Default: 8192. */
  readonly memoryMiB?: number;
  /** Processors of one sandbox. Default: 2, or all the daemon has if that is less. */
  readonly cpus?: number;
  /** Processes and threads of one sandbox. Default: 2048. */
  readonly pids?: number;
  /** When images are pulled: `missing` (default), `always` (once a run), `never`. */
  readonly pull?: 'missing' | 'always' | 'never';
  /** Platform of images, such as `linux/amd64`. Default: the daemon's. */
  readonly platform?: string;
  /** User and group in the sandbox, such as `1000:1000`. Default: the image's. */
  readonly user?: string;
  /** Address of the daemon, as in DOCKER_HOST, which it replaces. */
  readonly host?: string;
  /** Docker context to use. */
  readonly context?: string;
  /** Where the task's repository is in its image. Default: `/workspace/repo`. */
  readonly workdir?: string;
  /** Default: `/patches`. Made when the image has none. */
  readonly patchesDir?: string;
  /** Build every task's image from its Dockerfile instead of pulling it. Sample tasks' images always are. Default: false. */
  readonly build?: boolean;
  /** Base image of Dockerfiles that take `ARG BASE`. Default: `node:24-bookworm`, which has git and Python too. */
  readonly baseImage?: string;
}

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const path = (description: string, otherwise: string) =>
  Type.Optional(Type.String({ pattern: '^/.', title: 'an absolute path', description, default: otherwise }));

export const optionsSchema: TObject = Type.Object(
  {
    network: Type.Optional(
      Type.Union([Type.Literal('bridge'), Type.Literal('none')], {
        description: 'bridge: the internet, but not other sandboxes. none: no network at all.',
        default: 'bridge',
      }),
    ),
    memoryMiB: Type.Optional(
      Type.Integer({ minimum: 64, description: 'Memory of one sandbox, swap included.', default: 8192 }),
    ),
    cpus: Type.Optional(
      Type.Number({
        minimum: 0.01,
        description: 'Processors of one sandbox. By default 2, or all the daemon has if that is less.',
      }),
    ),
    pids: Type.Optional(
      Type.Integer({ minimum: 32, description: 'Processes and threads of one sandbox.', default: 2048 }),
    ),
    pull: Type.Optional(
      Type.Union([Type.Literal('missing'), Type.Literal('always'), Type.Literal('never')], {
        description: 'When images are pulled; always: once a run.',
        default: 'missing',
      }),
    ),
    platform: text("Platform of images, such as linux/amd64. By default the daemon's."),
    user: text("User and group in the sandbox, such as 1000:1000. By default the image's."),
    host: text('Address of the daemon, as in DOCKER_HOST, which it replaces.'),
    context: text('Docker context to use.'),
    workdir: path("Where the task's repository is in its image.", '/workspace/repo'),
    patchesDir: path('Where patches are in the sandbox; made when the image has none.', '/patches'),
    build: Type.Optional(
      Type.Boolean({
        description:
          "Build every task's image from its Dockerfile instead of pulling it. Sample tasks' images always are.",
        default: false,
      }),
    ),
    baseImage: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'Base image of Dockerfiles that take ARG BASE.',
        default: 'node:24-bookworm',
      }),
    ),
  },
  { additionalProperties: false },
);
