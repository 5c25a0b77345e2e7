import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './markdown.ts';

const cli = join(root, 'packages/cli/bin/run.js');

/** What `npx -y pnpm@12` would do here: the CLI and the demo are run, every other script only has to exist. */
const npx = `#!/bin/sh
[ "$1 $2" = '-y pnpm@12' ] || { echo "npx: not a command of the documentation: $*" >&2; exit 64; }
shift 2
case $1 in
  cooperbench) shift; exec node '${cli}' "$@" ;;
  demo) exec node '${cli}' "$@" ;;
esac
exec node -e '
  const { scripts } = require(process.argv[1]);
  if (!scripts[process.argv[2]]) { console.error("no script " + process.argv[2]); process.exit(64); }
' '${join(root, 'package.json')}' "$1"
`;

export interface Ending {
  readonly code: number;
  readonly output: string;
}

/**
 * The folder a page's commands run in, one after the other: `cooperbench` on PATH, the sample dataset as `dataset`. To save
 * time, its subset `smoke` has two of the three pairs.
 */
export class DocsSandbox implements AsyncDisposable {
  readonly folder: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.#environment = environment;
  }

  static async open(environment: Readonly<Record<string, string>> = {}): Promise<DocsSandbox> {
    const folder = await mkdtemp(join(tmpdir(), 'cooperbench-docs-'));
    const bin = join(folder, '.bin');
    await mkdir(bin);
    // Commands find nothing installed, as in a clone. Programs do.
    const modules = join(folder, '.programs/node_modules');
    await mkdir(join(modules, '@cooperbench'), { recursive: true });
    await Promise.all([
      sampleDataset(join(folder, 'dataset')),
      symlink(join(root, 'packages/cli'), join(modules, 'cooperbench')),
      ...['core', 'runs', 'testing', 'backend-local', 'backend-kit', 'evaluator-tests'].map((name) =>
        symlink(join(root, 'packages', name), join(modules, '@cooperbench', name)),
      ),
      executable(join(bin, 'cooperbench'), `#!/bin/sh\nexec node '${cli}' "$@"\n`),
      executable(join(bin, 'npx'), npx),
    ]);
    // Nothing of the user's settings or keys.
    const PATH = `${bin}${delimiter}${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;
    return new DocsSandbox(folder, { PATH, HOME: folder, TMPDIR: tmpdir(), ...environment });
  }

  /** Returns a folder in which CooperBench is installed: `cooperbench` stands for `npx cooperbench`. */
  static async installed(
    folder: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<DocsSandbox> {
    const bin = join(folder, '.bin');
    await mkdir(bin);
    await executable(join(bin, 'cooperbench'), '#!/bin/sh\nexec npx cooperbench "$@"\n');
    const PATH = `${bin}${delimiter}${process.env.PATH}`;
    return new DocsSandbox(folder, { HOME: folder, TMPDIR: tmpdir(), ...environment, PATH });
  }

  sh(script: string): Promise<Ending> {
    return this.#run('sh', ['-eu', '-c', script]);
  }

  async node(program: string): Promise<Ending> {
    const file = join(this.folder, '.programs/example.ts');
    await writeFile(file, program);
    return this.#run('node', [file]);
  }

  #run(file: string, args: readonly string[]): Promise<Ending> {
    const options = { cwd: this.folder, env: this.#environment, timeout: 200_000 };
    return new Promise((resolve) => {
      const child = execFile(file, args, options, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}` }),
      );
      child.stdin?.end();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

async function sampleDataset(folder: string): Promise<void> {
  await cp(join(root, 'dataset'), folder, { recursive: true });
  const file = join(folder, 'subsets/smoke.json');
  const subset = JSON.parse(await readFile(file, 'utf8'));
  const tasks = subset.tasks.filter(({ repo }: { repo: string }) => repo !== 'text_table_task');
  await writeFile(file, JSON.stringify({ ...subset, stats: { tasks: 2, pairs: 2, repos: 2 }, tasks }));
}

async function executable(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o755);
}
