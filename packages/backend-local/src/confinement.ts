import type { Layout } from './layout.ts';
import type { Tools } from './tools.ts';

/** A command on the host that runs a program in a sandbox. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * The command is bubblewrap: it reads this filter, reports on file descriptor 3 when the program has started, and its
   * processes die with it.
   */
  readonly filter?: Uint8Array;
}

/** How the processes of one sandbox are confined. */
export interface Confinement {
  readonly repoDir: string;
  readonly patchesDir: string;
  /** When a command has ended, everything that it started has ended, too. */
  readonly endsItsProcesses: boolean;
  /** `marker` must be in the environment of a process that the host can see. */
  launch(argv: readonly string[], env: Readonly<Record<string, string>>, marker: string): Launch;
}

/** The sandbox that a confinement is made for. */
export interface ConfinementPlan {
  readonly layout: Layout;
  readonly tools: Tools;
  /** The host's network instead of none. */
  readonly network: boolean;
  /** Host directory that a task's setup script sees. An agent never sees it. */
  readonly task?: string;
  /** The user of the sandbox when this process is root. */
  readonly userId?: number;
  /** Host directories that stay hidden, even below a visible directory. */
  readonly hidden: readonly string[];
}

export const standardPath: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];
