import { cp, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  checkLayers,
  findFullHost,
  resourcesOfThisMachine,
  type SandboxDriver,
  Sandboxes,
  sandboxResources,
  taskSources,
} from '@cooperbench/backend-kit';
import type {
  Backend,
  BackendRequest,
  Cancellable,
  CleanOptions,
  Sandbox,
  SandboxSpec,
} from '@cooperbench/core';
import { Once, OncePerKey } from '@cooperbench/core';
import { createBubblewrapConfinement, taskInside } from './bubblewrap.ts';
import type { ConfinementPlan } from './confinement.ts';
import { copyTree } from './copy-tree.ts';
import { createLocalDriver, type LocalDriver } from './driver.ts';
import { type Instance, makeInstance } from './instance.ts';
import {
  chooseIsolation,
  type Isolation,
  listIsolationNotices,
  refuseHostNetwork,
  refuseUnisolated,
} from './isolation.ts';
import { KeptFiles } from './kept-files.ts';
import { makeLayout } from './layout.ts';
import { removeLeftovers } from './leftovers.ts';
import type { LocalOptions } from './options.ts';
import { createPlainConfinement } from './plain.ts';
import { giveTree, takeUserId } from './sandbox-user.ts';
import { makeTemplate, type SetupSandbox, type Template } from './templates.ts';
import { findTools, type Tools } from './tools.ts';
import { TrialUsages } from './trial-usage.ts';

/** The parts of a backend that are prepared once, before its first sandbox. */
interface Prepared {
  readonly instance: Instance;
  readonly tools: Tools;
  readonly isolation: Isolation;
}

/** Runs sandboxes as processes of this machine, isolated by bubblewrap if it works. */
export class LocalBackend implements Backend {
  readonly #options: LocalOptions;
  readonly #sandboxes = new Sandboxes('local');
  readonly #templates = new OncePerKey<Template>();
  readonly #kept = new KeptFiles();
  readonly #isolation = new Once(() => chooseIsolation(this.#options));
  readonly #prepared = new Once(() => this.#prepare());
  readonly #usages = new TrialUsages();
  #sweep: Promise<unknown> | undefined;
  #count = 0;

  constructor(options: LocalOptions = {}) {
    this.#options = options;
  }

  async preflight({ untrusted, ...needs }: BackendRequest): Promise<readonly string[]> {
    sandboxResources(needs, resourcesOfThisMachine());
    const isolation = await this.#getIsolation();
    refuseUnisolated(isolation, untrusted, this.#options);
    refuseHostNetwork(isolation, untrusted, this.#options);
    return listIsolationNotices(isolation);
  }

  /** Bubblewrap gives no network, or the host's. Plain processes have the host's. */
  async resolveNetwork(network: 'open' | 'none'): Promise<'none' | 'host'> {
    const { kind } = await this.#getIsolation();
    return kind === 'none' || (network === 'open' && this.#options.network) ? 'host' : 'none';
  }

  async isIsolated(): Promise<boolean> {
    return (await this.#getIsolation()).kind !== 'none';
  }

  async create(spec: SandboxSpec, { signal }: Cancellable = {}): Promise<Sandbox> {
    const sandbox = await this.#sandboxes.create(spec.name, signal, (signal) => this.#make(spec, signal));
    try {
      const hint = 'Install it on this machine, or use a backend with images, such as --backend docker.';
      await checkLayers(sandbox, spec.layers, hint);
      return sandbox;
    } catch (error) {
      await sandbox[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Only bubblewrap shows every sandbox the same paths, which builds write into their products. */
  async hasKept({
    taskDir,
    kept,
  }: Parameters<NonNullable<Backend['hasKept']>>[0]): Promise<boolean | undefined> {
    return (await this.#getIsolation()).kind === 'none' ? undefined : this.#kept.has(taskDir, kept);
  }

  clean(options?: CleanOptions): Promise<readonly string[]> {
    return removeLeftovers(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sandboxes[Symbol.asyncDispose]();
    await this.#sweep;
    await (await this.#prepared.peek())?.instance.remove();
  }

  async #make(spec: SandboxSpec, signal: AbortSignal): Promise<SandboxDriver> {
    const { taskDir } = spec;
    sandboxResources(spec, resourcesOfThisMachine());
    const network = (this.#options.network ?? false) && spec.network !== 'none';
    const isolation = await this.#getIsolation();
    refuseUnisolated(isolation, spec.untrusted, this.#options);
    if (network) refuseHostNetwork(isolation, spec.untrusted, this.#options);
    const template = await this.#templates.get(
      taskDir,
      (stop) => makeTemplate(taskDir, () => this.#openSetup(taskDir, stop), stop),
      signal,
    );
    const hiddenPaths = await findPlacesToHide(taskDir);
    const { driver, repo, root, userId } = await this.#open(
      spec,
      { network, hidden: hiddenPaths },
      template.commit,
      signal,
    );
    try {
      if (spec.kept === undefined) await copyTree(template.repo, repo, userId);
      else await this.#kept.copyTo(root, taskDir, spec.kept, userId);
      const usage = await this.#usages.begin(root, template.repo, spec, driver.running);
      return {
        ...driver,
        ...(isolation.kind !== 'none' && {
          keep: async (key: string) => {
            const { instance } = await this.#prepared.get();
            await driver.endProcesses();
            await this.#kept.add(taskDir, key, root, instance.kept);
          },
        }),
        hostFault: async () => (await usage.lackOfProcesses()) ?? findFullHost(usage.room),
        terminate: () => {
          this.#usages.end(root);
          return driver.terminate();
        },
      };
    } catch (error) {
      await driver.terminate();
      throw error;
    }
  }

  async #openSetup(taskDir: string, signal: AbortSignal): Promise<SetupSandbox> {
    let [repo, task] = ['', ''];
    const sandbox = await this.#sandboxes.create('template', signal, async (signal) => {
      const network = this.#options.setupNetwork ?? false;
      const plan = { network, hidden: await findPlacesToHide(taskDir), taskDir };
      const template = await this.#open({ name: 'template', labels: {} }, plan, '', signal);
      ({ repo, task } = template);
      return template.driver;
    });
    const { kind } = await this.#getIsolation();
    return { sandbox, repo, task: kind === 'none' ? task : taskInside };
  }

  async #open(
    spec: Pick<SandboxSpec, 'name' | 'labels'>,
    { taskDir, ...given }: Pick<ConfinementPlan, 'network' | 'hidden'> & { readonly taskDir?: string },
    commit: string,
    signal: AbortSignal,
  ): Promise<{
    driver: LocalDriver;
    repo: string;
    root: string;
    task: string;
    userId: number | undefined;
  }> {
    const { isolation, tools, instance } = await this.#prepared.get(signal);
    this.#count += 1;
    const name = `${spec.name}-${this.#count}`;
    const userId = isolation.kind === 'bubblewrap' && isolation.userSwitch ? takeUserId() : undefined;
    const layout = await makeLayout(join(instance.sandboxes, name), spec, userId);
    const task = join(layout.root, 'task');
    if (taskDir !== undefined) await copySources(taskDir, task);
    if (taskDir !== undefined && userId !== undefined) await giveTree(task, userId);
    const plan: ConfinementPlan = {
      ...given,
      layout,
      tools,
      ...(taskDir !== undefined && { task }),
      ...(userId !== undefined && { userId }),
    };
    const driver = createLocalDriver({
      id: `${instance.name}/${name}`,
      layout,
      origin: { from: 'source', reference: commit },
      confinement:
        isolation.kind === 'none'
          ? createPlainConfinement(plan)
          : createBubblewrapConfinement(isolation, instance.etc, plan),
      pipes: instance.pipes,
    });
    return { driver, repo: join(layout.workspace, 'repo'), root: layout.root, task, userId };
  }

  #getIsolation(): Promise<Isolation> {
    return this.#isolation.get();
  }

  async #prepare(): Promise<Prepared> {
    const [isolation, tools, instance] = await Promise.all([
      this.#getIsolation(),
      findTools(this.#options.tools ?? ['node', 'python3']),
      makeInstance(),
    ]);
    // If this fails, `cooperbench clean` tries again and says why.
    this.#sweep = removeLeftovers().catch(() => {});
    return { isolation, tools, instance };
  }
}

/** Copies the parts of a task that a setup script may see. Golden patches and tests are not among them. */
async function copySources(taskDir: string, to: string): Promise<void> {
  for (const name of await taskSources(taskDir))
    await cp(join(taskDir, name), join(to, name), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
    });
}

/**
 * Finds the folder to hide: the task's dataset, with the golden patches of all tasks, or only the task if that would hide too
 * much.
 */
async function findPlacesToHide(taskDir: string): Promise<string[]> {
  const realTaskDir = await realpath(taskDir);
  const dataset = dirname(dirname(realTaskDir));
  return [dataset.split('/').length > 3 ? dataset : realTaskDir];
}
