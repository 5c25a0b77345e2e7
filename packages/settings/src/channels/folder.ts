import { posix } from 'node:path';
import {
  type Channel,
  type ChannelContext,
  type ChannelDefinition,
  type JoinedSandbox,
  type OpenChannel,
  objectSchema,
  type SeatAnswer,
  type SeatCall,
  type Workspace,
} from '@cooperbench/core';

/** Maximum number of files, and bytes of them all. A file has at most the 256 KiB of a standard input. */
const maxFiles = 200;
const maxBytes = 16 * 1024 * 1024;
/** How long the sandbox of another seat may take to write a file. */
const writeMs = 20_000;

const usage = 'share_file NAME < FILE';

const folderChannelOf: Channel = {
  commands: [{ name: 'share_file', usage }],
  open: async (trial) => new TrialFolder(trial),
};

/** Files that every sandbox has in the folder `shared` beside the repository. The host has the originals. */
class TrialFolder implements OpenChannel {
  readonly #trial: ChannelContext;
  readonly #files = new Map<string, Uint8Array>();
  readonly #sandboxes = new Map<string, Workspace>();

  constructor(trial: ChannelContext) {
    this.#trial = trial;
  }

  instructions(): string {
    return 'You share files in the folder `shared` beside the repository (`../shared` from its top). `share_file NAME < FILE` puts a file there, in the sandboxes of all: write a plan, an interface or a patch (`git diff HEAD | share_file my.patch`), and read what others shared with `ls` and `cat`. Files that you write there yourself stay with you. Nothing in that folder is evaluated.';
  }

  async join(seat: string, { workspace, signal }: JoinedSandbox): Promise<void> {
    this.#sandboxes.set(seat, workspace);
    await workspace.writeFile(placeOf(workspace, 'README'), this.instructions(), { signal });
    for (const [name, content] of this.#files)
      await workspace.writeFile(placeOf(workspace, name), content, { signal });
  }

  async run(call: SeatCall): Promise<SeatAnswer> {
    const [name = '', ...rest] = call.args;
    if (rest.length > 0 || name === '') return { exitCode: 2, stderr: `usage: ${usage}\n` };
    if (!/^[\w-][\w.-]{0,99}$/.test(name))
      throw new Error('a name has at most 100 letters, digits, dots, dashes and underscores');
    const content = await call.stdin();
    this.#keep(name, content);
    const { length } = content;
    this.#trial.emit({
      type: 'activity',
      seat: call.seat,
      channel: 'folder',
      text: `shares ${name} (${length} bytes)`,
    });
    const failedSeats = (
      await Promise.all([...this.#sandboxes].map((sandbox) => this.#write(sandbox, name, content)))
    ).filter((failure) => failure !== undefined);
    return { stdout: `Shared ${name}.\n`, stderr: failedSeats.map((failure) => `${failure}\n`).join('') };
  }

  async leave(seat: string): Promise<void> {
    this.#sandboxes.delete(seat);
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #keep(name: string, content: Uint8Array): void {
    const otherFiles = [...this.#files].filter(([otherName]) => otherName !== name);
    const bytes = otherFiles.reduce((sum, [, { length }]) => sum + length, content.length);
    if (otherFiles.length >= maxFiles || bytes > maxBytes)
      throw new Error(`the folder is full: it may have ${maxFiles} files and ${maxBytes} bytes`);
    this.#files.set(name, content);
  }

  /** Returns why a seat does not have the file now. Its next sandbox gets it. */
  async #write(
    [seat, workspace]: [string, Workspace],
    name: string,
    content: Uint8Array,
  ): Promise<string | undefined> {
    try {
      await workspace.writeFile(placeOf(workspace, name), content, { signal: AbortSignal.timeout(writeMs) });
      return undefined;
    } catch {
      // A seat that is between two phases has no sandbox, and a hostile one may have damaged its own.
      // The error may describe the host, and an agent reads this.
      return `not in the sandbox of ${seat} now`;
    }
  }
}

function placeOf({ repoDir }: Workspace, name: string): string {
  return posix.join(posix.dirname(repoDir), 'shared', name);
}

export const folderChannel: ChannelDefinition = {
  options: objectSchema({}),
  create: () => folderChannelOf,
};
