import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkStarted } from '../../machine/check-started.ts';
import { buildChildEnvironment } from '../../sandbox/child-environment.ts';

export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** Builds the host's git ignores the user's configuration. Its only input from an agent is the bytes of a push. */
function buildEnvironment(): Record<string, string> {
  const noHome = { HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent' };
  return buildChildEnvironment([], {
    ...noHome,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    LC_ALL: 'C',
  });
}

/** Maximum address space of a git process. A delta of a few bytes can claim any size, and git builds the result in memory. */
const maxMemoryKiB = 1024 * 1024;

/** The bare repository on the host that the seats of a trial share while it runs. */
export class TeamRepository implements AsyncDisposable {
  readonly #directory: string;
  readonly #maxBytes: number;
  readonly #maxPushBytes: number;
  /** Bytes that the running pushes may add, by seat. */
  readonly #reserved = new Map<string, number>();
  readonly #lastPush = new Map<string, Promise<unknown>>();

  private constructor(directory: string, maxBytes: number, maxPushBytes: number) {
    this.#directory = directory;
    this.#maxBytes = maxBytes;
    this.#maxPushBytes = maxPushBytes;
  }

  /**
   * `directory` must not exist yet. Disposing the repository removes it. `maxBytes`: of the repository. Commits that a forced push
   * replaces stay in it. `maxPushBytes`: of one push.
   */
  static async create(
    directory: string,
    maxBytes: number,
    maxPushBytes: number = maxBytes,
  ): Promise<TeamRepository> {
    const init = ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', directory];
    await promisify(execFile)('git', init, { env: buildEnvironment() });
    return new TeamRepository(directory, maxBytes, maxPushBytes);
  }

  /** Starts the host's side of a fetch or push. A seat may write only the branch that is named after it. */
  async serve(service: GitService, seat: string): Promise<ChildProcessWithoutNullStreams> {
    if (service === 'git-upload-pack')
      return this.#start(['upload-pack', '--strict'], seat, this.#maxPushBytes);
    // A second push of the same seat waits for the first, so that a seat reserves space only once.
    const previousPush = this.#lastPush.get(seat);
    const { promise: pushEnd, resolve: end } = Promise.withResolvers<void>();
    this.#lastPush.set(seat, pushEnd);
    try {
      await previousPush;
      // git reads zero as "no limit".
      const room = Math.max(1, Math.min(this.#maxPushBytes, await this.#computeRoom()));
      this.#reserved.set(seat, room);
      const git = this.#start(['receive-pack'], seat, room);
      git.once('close', () => {
        this.#reserved.delete(seat);
        end();
      });
      return git;
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Returns the branches, each with its commit. */
  async branches(): Promise<ReadonlyMap<string, string>> {
    const list = [
      '--git-dir',
      this.#directory,
      'for-each-ref',
      '--format=%(objectname) %(refname)',
      'refs/heads',
    ];
    const { stdout } = await promisify(execFile)('git', list, {
      env: buildEnvironment(),
      maxBuffer: 64 * 1024 * 1024,
    });
    return new Map(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => [line.slice(line.indexOf(' ') + 1), line.slice(0, line.indexOf(' '))]),
    );
  }

  async #computeRoom(): Promise<number> {
    const used = await measureBytesBelow(this.#directory);
    return [...this.#reserved.values()].reduce((room, reserved) => room - reserved, this.#maxBytes - used);
  }

  #start(service: readonly string[], seat: string, room: number): ChildProcessWithoutNullStreams {
    const ownBranch = `refs/heads/${seat}`;
    const settings = {
      'core.hooksPath': '/dev/null',
      'gc.auto': '0',
      'receive.autogc': 'false',
      'receive.fsckObjects': 'true',
      'receive.maxInputSize': String(room),
      // Keeps the pack. Unpacked, its objects could need many times the bytes that were sent.
      'receive.unpackLimit': '1',
      'receive.denyDeletes': 'false',
      // git streams larger files instead of loading them.
      'core.bigFileThreshold': '16m',
      'core.packedGitWindowSize': '16m',
      'core.packedGitLimit': '128m',
      'pack.threads': '1',
      'pack.windowMemory': '128m',
    };
    const config = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const rights = ['-c', 'receive.hideRefs=refs', '-c', `receive.hideRefs=!${ownBranch}`];
    const argv = ['git', ...config, ...rights, ...service, this.#directory];
    // `receive.maxInputSize` does not count the objects that git adds to complete a thin pack. `ulimit` does.
    const script = 'ulimit -f "$1" && { ulimit -v "$2" 2> /dev/null || :; } && shift 2 && exec "$@"';
    const limits = [String(Math.ceil(room / 512)), String(maxMemoryKiB)];
    return checkStarted(spawn('sh', ['-c', script, 'sh', ...limits, ...argv], { env: buildEnvironment() }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true });
  }
}

/** A push creates and removes files and directories meanwhile. One that is gone counts as nothing. */
export async function measureBytesBelow(path: string): Promise<number> {
  const isGone = (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== 'ENOENT') throw error;
  };
  const stats = await lstat(path).catch(isGone);
  if (!stats?.isDirectory()) return stats?.size ?? 0;
  const names = (await readdir(path).catch(isGone)) ?? [];
  const sizes = await Promise.all(names.map((name) => measureBytesBelow(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, stats.size);
}
