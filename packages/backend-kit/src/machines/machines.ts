import type { ProviderFaults, SandboxNeeds } from '../index.ts';
import type { MachineOptions } from './options.ts';

/** Names a machine at a provider. */
export interface MachineName {
  /** Unique: at most 63 lower-case letters, digits and dashes, with a letter first. */
  readonly name: string;
  readonly zone: string;
}

/** A machine to be made, with at least the processors and the memory that its sandbox needs. */
export interface NewMachine extends MachineName, SandboxNeeds {
  /** For `list`. Keys and values have at most 63 lower-case letters, digits, dashes and underscores. */
  readonly labels: Readonly<Record<string, string>>;
  readonly sshUser: string;
  /** The key that lets `sshUser` in, in OpenSSH's format. */
  readonly publicKey: string;
  /** When the provider deletes the machine by itself, in whole seconds, so that nothing is billed after this process has died. */
  readonly lifetimeMs: number;
  /** How long the provider may take to make it. */
  readonly withinMs: number;
}

export interface MachineState {
  /** It starts or runs. */
  readonly running: boolean;
  /** The address of its SSH server. */
  readonly address: string;
}

/**
 * The calls of a provider that rents machines, each with Docker, an SSH server, and a user who may run `docker`. They
 * reject with the errors of the provider's client, which the backend's `faults` explain. A call may reject when there is
 * no such machine: `faults.isNotFound` recognises that.
 */
export interface Machines {
  /**
   * Resolves when the machine is made; it may not have started. `bootScript` is for its first start. An abort does not
   * reach this call: what it has begun is deleted when it ends.
   * @throws SandboxError `MACHINE_CAPACITY`, or another error that `faults` reads as that, when the zone has no room. The next
   * zone is tried. ConfigError `SANDBOX_RESOURCES` when no machine has what the sandbox needs.
   */
  insert(machine: NewMachine): Promise<void>;
  /** Resolves when the provider has begun to delete it, which ends what it costs. */
  delete(machine: MachineName): Promise<unknown>;
  /** Returns undefined if there is no such machine. */
  state(machine: MachineName): Promise<MachineState | undefined>;
  /**
   * Returns the public key of its SSH server: its type and Base64. Resolves with undefined until it has started. No other key
   * is accepted.
   */
  hostKey(machine: MachineName): Promise<string | undefined>;
  /** Lists all machines with the label `cooperbench=sandbox`. */
  list(): AsyncIterable<MachineName & Pick<NewMachine, 'labels'>>;
  /**
   * What the provider records about the end of a machine, such as `was preempted`. Resolves with undefined when it records
   * nothing.
   */
  whyEnded?(machine: MachineName): Promise<string | undefined>;
  /**
   * A command whose standard input and output lead to a machine's SSH server, unless the user names a jump host. If it returns
   * undefined, the connection goes to the machine's address.
   */
  proxy?(machine: MachineName): readonly string[] | undefined;
  /** A line of sh on the machine before it pulls an image, such as one that logs in to the registry. */
  beforePull?(image: string): string | undefined;
  /** What a user may do when a machine does not start. */
  bootHint?(machine: MachineName): string;
  /** Asks the provider for something that it refuses to an account that cannot rent machines. Changes nothing. */
  check?(): Promise<unknown>;
  /** Called after the last machine has ended. */
  close?(): Promise<void> | void;
}

/** A provider of machines. */
export interface MachineProvider<M extends Machines = Machines> {
  /** The name in messages. */
  readonly name: string;
  readonly faults: ProviderFaults;
  readonly options: MachineOptions;
  /** Tried in this order when one has no room. */
  readonly zones: readonly string[];
  /** The longest time that the provider lets a machine run. Default: any. */
  readonly longestMs?: number;
  /** Connects, once for all machines. */
  connect(): Promise<M>;
}
