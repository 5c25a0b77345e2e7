import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** The host's git reads no configuration of the user. Of an agent, it reads only the bytes of a push. */
const environment = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  LC_ALL: 'C',
};

/** Maximum bytes of one push. */
export const maxPushBytes: number = 512 * 1024 * 1024;

/** The bare repository on the host that the seats of a trial share while it runs. */
export class TeamRepository implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** `directory` must not exist yet. Disposing the repository removes it. */
  static async create(directory: string): Promise<TeamRepository> {
    const init = ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', directory];
    await promisify(execFile)('git', init, { env: environment });
    return new TeamRepository(directory);
  }

  /** Starts the host's side of a fetch or push. A seat may write only the branch that is named after it. */
  serve(service: GitService, seat: string): ChildProcessWithoutNullStreams {
    const own = `refs/heads/${seat}`;
    const settings = {
      'core.hooksPath': '/dev/null',
      'gc.auto': '0',
      'receive.autogc': 'false',
      'receive.fsckObjects': 'true',
      'receive.maxInputSize': String(maxPushBytes),
      'receive.denyDeletes': 'false',
    };
    const config = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const rights = ['-c', 'receive.hideRefs=refs', '-c', `receive.hideRefs=!${own}`];
    const command = service === 'git-upload-pack' ? ['upload-pack', '--strict'] : ['receive-pack'];
    return spawn('git', [...config, ...rights, ...command, this.#directory], { env: environment });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#directory, { recursive: true, force: true });
  }
}
