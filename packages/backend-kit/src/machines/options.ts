import { type ImageOptions, imageOptions, type JsonSchema, option } from '@cooperbench/core';

/** Options of every backend that rents machines. */
export interface MachineOptions extends ImageOptions {
  /** `open` (default): the internet, but no private address. `none`: no network at all. */
  readonly network?: 'open' | 'none';
  /** Default: `cooperbench`. */
  readonly sshUser?: string;
  /** Default: 22. */
  readonly sshPort?: number;
  /** `[USER@]HOST` for `ssh`, which connects through it to the addresses of machines. */
  readonly jumpHost?: string;
}

export const machineDefaults = { sshUser: 'cooperbench', sshPort: 22 } as const;

export const machineOptions: { readonly [K in keyof MachineOptions]-?: JsonSchema } = {
  network: option.oneOf(
    ['open', 'none'],
    'open: the internet, but no other machine and no private address. none: no network at all.',
    { default: 'open' },
  ),
  sshUser: option.text('The user for SSH, who may run docker.', { default: machineDefaults.sshUser }),
  sshPort: option.integer(1, 'Port of SSH on machines.', { default: machineDefaults.sshPort }),
  jumpHost: option.text('[USER@]HOST for ssh, which connects through it to the addresses of machines.'),
  ...imageOptions,
};
