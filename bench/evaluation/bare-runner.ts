import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Submission } from '../../packages/core/dist/index.js';

/** The runner calls on one tree, in its own repository. */
interface Tree {
  readonly repo: string;
  readonly calls: readonly (readonly string[])[];
}

/**
 * The floor of an evaluation: its calls of the task's runner and nothing else, on the host, in repositories that are ready. One
 * call for each tree stands for the canary's run, if there are `canaries`.
 */
export class BareRunner implements AsyncDisposable {
  readonly #folder: string;
  readonly #trees: readonly Tree[];
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, trees: readonly Tree[], env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#trees = trees;
    this.#env = env;
  }

  /** `mergedDiff` is the merged patch, as the evaluation found it; `path` where programs are. */
  static async prepare(
    { task, patches, features }: Submission,
    mergedDiff: string,
    path: string,
    { canaries }: { readonly canaries: boolean },
  ): Promise<BareRunner> {
    const env = { PATH: path, HOME: tmpdir(), LANG: 'C.UTF-8' };
    const folder = await mkdtemp(join(tmpdir(), 'cooperbench-bench-'));
    const merged = join(folder, 'merged.patch');
    await writeFile(merged, mergedDiff);
    const buildTree = (name: string, patch: string, tested: readonly number[]): Tree => {
      const repo = join(folder, name);
      execFileSync('sh', [join(task.directory, 'setup.sh'), repo], { env });
      const tests = (id: number): string => join(task.directory, `feature${id}`, 'tests.patch');
      const calls = [...tested, ...(canaries ? tested.slice(0, 1) : [])].map((id) => [
        join(task.directory, 'run_tests.sh'),
        repo,
        tests(id),
        patch,
      ]);
      return { repo, calls };
    };
    const seatTrees = patches.map(({ seat, features: [id = 0] }) =>
      buildTree(seat, join(task.directory, `feature${id}`, 'feature.patch'), [id]),
    );
    return new BareRunner(folder, [buildTree('merged', merged, features), ...seatTrees], env);
  }

  /** Milliseconds that all trees took side by side, calls on one tree in turn. */
  async run(): Promise<number> {
    const started = performance.now();
    await Promise.all(this.#trees.map((tree) => this.#test(tree)));
    const took = performance.now() - started;
    for (const { repo } of this.#trees) this.#restore(repo);
    return took;
  }

  async #test({ repo, calls }: Tree): Promise<void> {
    for (const argv of calls) {
      const child: ChildProcess = spawn('sh', argv, { env: this.#env, stdio: 'ignore' });
      const [exitCode] = await once(child, 'exit');
      // Tests that fail exit 1; anything else did not get as far as to run them.
      if (exitCode !== 0 && exitCode !== 1) throw new Error(`sh ${argv.join(' ')} exited ${exitCode}`);
      if (argv !== calls.at(-1)) this.#restore(repo);
    }
  }

  #restore(repo: string): void {
    const restore = 'git reset --quiet --hard && git clean -ffdq';
    execFileSync('sh', ['-c', restore], { cwd: repo, env: this.#env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
