import { type ImageOptions, imageOptions, type JsonSchema, objectSchema, option } from '@cooperbench/core';

/** The options of `--backend docker`. */
export interface DockerOptions extends ImageOptions {
  /** `bridge` (default): the internet, but not the host, other sandboxes or private addresses. `none`: no network at all. */
  readonly network?: 'bridge' | 'none';
  /** Memory of one sandbox, swap included. Default: 8192. */
  readonly memoryMiB?: number;
  /** Processors of one sandbox. Default: 2, or all the daemon has if that is less. */
  readonly cpus?: number;
  /** Processes and threads of one sandbox. Default: 2048. */
  readonly pids?: number;
  /** When images are pulled: `missing` (default), `always` (once per run), `never`. */
  readonly pull?: 'missing' | 'always' | 'never';
  /** Platform of images, such as `linux/amd64`. Default: the daemon's. */
  readonly platform?: string;
  /** User and group in the sandbox, such as `1000:1000`. Default: the image's. */
  readonly user?: string;
  /** Address of the daemon, as in DOCKER_HOST, which it replaces. */
  readonly host?: string;
  /** Docker context to use. */
  readonly context?: string;
}

export const optionsSchema: JsonSchema = objectSchema<DockerOptions>({
  network: option.oneOf(
    ['bridge', 'none'],
    'bridge: the internet, but not the host, other sandboxes or private addresses. none: no network at all.',
    { default: 'bridge' },
  ),
  memoryMiB: option.integer(64, 'Memory of one sandbox, swap included.', { default: 8192 }),
  cpus: option.number(
    0.01,
    'Processors of one sandbox. By default 2, or all the daemon has if that is less.',
  ),
  pids: option.integer(32, 'Processes and threads of one sandbox.', { default: 2048 }),
  pull: option.oneOf(['missing', 'always', 'never'], 'When images are pulled; always: once per run.', {
    default: 'missing',
  }),
  platform: option.text("Platform of images, such as linux/amd64. By default the daemon's."),
  user: option.text("User and group in the sandbox, such as 1000:1000. By default the image's."),
  host: option.text('Address of the daemon, as in DOCKER_HOST, which it replaces.'),
  context: option.text('Docker context to use.'),
  ...imageOptions,
});
