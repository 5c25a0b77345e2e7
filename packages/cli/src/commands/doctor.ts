// This file has more than 250 lines, because it is one command with a suite for each kind of plugin.
import { resolve } from 'node:path';
import { BaseCommand, settingFlags } from '@cooperbench/command';
import { knownNames } from '@cooperbench/command/plugins';
import { parseModelPrices, pluginOptions, type Settings } from '@cooperbench/command/settings';
import type { ChosenByProject } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import { untilInterrupted } from '../base/until-interrupted.ts';
import { buildFailedCheck, buildPassedCheck, buildRow, type Check, layout } from '../doctor/check.ts';
import type { Finding } from '../doctor/conformance.ts';

interface Diagnosis {
  /** True when there is no problem and no broken promise. */
  readonly ok: boolean;
  readonly checks?: readonly Check[];
  readonly backend?: TriedPlugin;
  readonly bus?: TriedPlugin;
  readonly evaluator?: TriedPlugin;
  readonly mergePolicy?: TriedPlugin;
}

/** The result of a plugin's conformance cases. */
interface TriedPlugin {
  readonly name: string;
  readonly cases: readonly Finding[];
}

const GiB = 1024 ** 3;
const signs = { kept: '✓', broken: '✗', 'not applicable': '-' } as const;

export default class Doctor extends BaseCommand {
  static override summary =
    'Check what is installed, reachable and configured, what an agent lacks, or whether a plugin keeps its promises.';
  static override description =
    'Without the name of a plugin, checks what runs need. With --agent, checks its options and keys, with --model also the model, and with --backend also its software, in a sandbox. With --backend alone, --bus, --evaluator or --merge-policy, runs their conformance cases. Authors of other kinds of plugins run those of @cooperbench/testing. Exits with 1 when there is a problem or a broken promise; warnings do not count.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --backend local',
    '<%= config.bin %> doctor --backend docker --image my/image:tag',
    '<%= config.bin %> doctor --agent claude_code -m claude-sonnet-4-5 --backend docker',
    '<%= config.bin %> doctor --bus redis --redis redis://localhost:6379',
    '<%= config.bin %> doctor --evaluator tests --merge-policy union',
  ];
  static override suggestsBackends = false;
  static override flags = {
    agent: Flags.string({
      char: 'a',
      helpValue: 'NAME',
      summary: 'Check what the seats of this agent need.',
      exclusive: ['bus'],
    }),
    backend: Flags.string({
      helpValue: 'NAME',
      summary: "Run the conformance cases of this backend. With --agent, try the agent's software on it.",
    }),
    image: Flags.string({
      helpValue: 'IMAGE',
      summary: 'Image for its sandboxes. Default: the image of a sample task.',
      dependsOn: ['backend'],
    }),
    bus: Flags.string({ helpValue: 'NAME', summary: 'Run the conformance cases of this message bus.' }),
    evaluator: Flags.string({
      helpValue: 'NAME',
      summary: 'Run the conformance cases of this evaluator.',
      exclusive: ['agent'],
    }),
    'merge-policy': Flags.string({
      helpValue: 'NAME',
      summary: 'Run the conformance cases of this merge policy.',
      exclusive: ['agent'],
    }),
    thorough: Flags.boolean({ summary: "Send 1 GiB instead of 64 MiB through the backend's streams." }),
    ...settingFlags('doctor'),
  };

  async run(): Promise<Diagnosis> {
    const parsed = await this.parse(Doctor);
    const { flags: givenFlags, configuration } = parsed;
    const flags: DoctorFlags = { ...givenFlags, configured: configuration.values };
    const { agent, backend, bus, evaluator, 'merge-policy': mergePolicy } = givenFlags;
    const diagnose = async ({ signal }: { readonly signal: AbortSignal }): Promise<Diagnosis> => {
      if (agent !== undefined) {
        const { chosenByProject } = await import('@cooperbench/command/config');
        const origin = chosenByProject(parsed, Doctor.flags);
        return this.#checkAgent(agent, flags, origin, signal);
      }
      const conformance = {
        ...(backend !== undefined && { backend: await this.#tryBackend(backend, flags, signal) }),
        ...(bus !== undefined && { bus: await this.#tryBus(bus, flags, signal) }),
        ...(evaluator !== undefined && { evaluator: await this.#tryEvaluator(evaluator, flags, signal) }),
        ...(mergePolicy !== undefined && { mergePolicy: await this.#tryMergePolicy(mergePolicy, signal) }),
      };
      const tried = Object.values<TriedPlugin>(conformance);
      if (tried.length === 0) return this.#checkMachine(flags, signal);
      const cases = tried.flatMap((triedPart) => triedPart.cases);
      return { ok: cases.every(({ status }) => status !== 'broken'), ...conformance };
    };
    const diagnosis = await this.reported('silent', (run) => untilInterrupted(diagnose(run), run.signal));
    if (!diagnosis.ok) process.exitCode = 1;
    return diagnosis;
  }

  async #checkMachine(flags: DoctorFlags, signal: AbortSignal): Promise<Diagnosis> {
    const { createContainer, tokens } = await import('@cooperbench/runs');
    const { checkMachine } = await import('../doctor/machine.ts');
    const { checkDataset, checkKey, checkPlugins } = await import('../doctor/installed.ts');
    const { checkBackends, checkBuses } = await import('../doctor/services.ts');
    const checks: Check[] = [];
    const show = async (newChecks: readonly Check[]): Promise<void> => {
      checks.push(...newChecks);
      await this.table(newChecks.map(buildRow), layout);
    };
    await show(await checkMachine(flags['log-dir']));
    await show(checkDataset(flags['dataset-dir']));
    try {
      const foundPlugins = await this.plugins();
      const nameSources = { leftOut: foundPlugins.leftOut, ...knownNames };
      const registry = createContainer(foundPlugins.plugins, nameSources).get(tokens.registry);
      await show([buildPassedCheck('package', `cooperbench ${this.config.version}: the command line`)]);
      await show(checkPlugins({ ...foundPlugins, plugins: registry.plugins }));
      await show([checkKey(registry)]);
      const chosenBackend = process.env.COOPERBENCH_BACKEND ?? flags.configured.backend;
      await show(
        await checkBackends(
          registry,
          chosenBackend,
          pluginOptions('backendOptions', flags, flags.configured, registry),
          {
            signal,
          },
        ),
      );
      await show(
        await checkBuses(
          registry,
          flags.redis,
          pluginOptions('busOptions', flags, flags.configured, registry),
          {
            signal,
          },
        ),
      );
    } catch (error) {
      signal.throwIfAborted();
      if (ConfigError.is(error) && error.code === 'FOLDER_UNTRUSTED') throw error;
      await show([buildFailedCheck('package', 'problem', error)]);
    }
    const count = (status: Check['status']): number =>
      checks.filter((check) => check.status === status).length;
    this.log(`\nProblems: ${count('problem')}. Warnings: ${count('warning')}.`);
    return { ok: count('problem') === 0, checks };
  }

  async #checkAgent(
    agent: string,
    flags: DoctorFlags,
    chosenByProject: ChosenByProject,
    signal: AbortSignal,
  ): Promise<Diagnosis> {
    const { agentChecks } = await import('../doctor/agent.ts');
    const registry = await this.registry();
    const chosenOptions = (key: 'agentOptions' | 'backendOptions', name: string): unknown =>
      pluginOptions(key, flags, flags.configured, registry)?.[name];
    const { model, backend, image, 'base-url': baseUrl, 'agent-config': config } = flags;
    const price = model === undefined ? undefined : parseModelPrices(flags, flags.configured.prices)?.[model];
    const request = {
      options: chosenOptions('agentOptions', agent),
      access:
        model === undefined
          ? undefined
          : { model, baseUrl, configFile: config && resolve(config), chosenByProject, price },
      backend:
        backend === undefined
          ? undefined
          : { name: backend, options: chosenOptions('backendOptions', backend) },
      ...{ image, signal },
    };
    const checks: Check[] = [];
    for await (const check of agentChecks(registry, agent, request)) {
      checks.push(check);
      await this.table([buildRow(check)], { minWidths: ['warning'.length, 'software'.length] });
    }
    return { ok: checks.every(({ status }) => status !== 'problem'), checks };
  }

  async #tryBackend(name: string, flags: DoctorFlags, signal: AbortSignal): Promise<TriedPlugin> {
    const { backendFindings } = await import('../doctor/conformance.ts');
    const { createClosingBackend } = await import('@cooperbench/command/backends');
    const registry = await this.registry();
    const backends = pluginOptions('backendOptions', flags, flags.configured, registry);
    const backend = await registry.make('backends', name, backends?.[name], { given: { backends } });
    await using _backend = createClosingBackend(backend);
    const streamBytes = flags.thorough ? GiB : undefined;
    return {
      name,
      cases: await this.#report(name, backendFindings(backend, { ...flags, streamBytes, signal })),
    };
  }

  async #tryEvaluator(name: string, flags: DoctorFlags, signal: AbortSignal): Promise<TriedPlugin> {
    const { evaluatorFindings } = await import('../doctor/conformance.ts');
    const registry = await this.registry();
    const evaluators = pluginOptions('evaluatorOptions', flags, flags.configured, registry);
    const evaluator = await registry.make('evaluators', name, evaluators?.[name], { given: { evaluators } });
    try {
      return { name, cases: await this.#report(name, evaluatorFindings(evaluator, signal)) };
    } finally {
      await evaluator[Symbol.asyncDispose]?.();
    }
  }

  async #tryMergePolicy(name: string, signal: AbortSignal): Promise<TriedPlugin> {
    const { mergePolicyFindings } = await import('../doctor/conformance.ts');
    const policy = await (await this.registry()).make('mergePolicies', name, {});
    return { name, cases: await this.#report(name, mergePolicyFindings(policy, signal)) };
  }

  async #tryBus(name: string, flags: DoctorFlags, signal: AbortSignal): Promise<TriedPlugin> {
    const { callPlugin } = await import('@cooperbench/core/host');
    const { busFindings } = await import('../doctor/conformance.ts');
    const registry = await this.registry();
    const url = name === 'redis' ? flags.redis : undefined;
    const buses = pluginOptions('busOptions', flags, flags.configured, registry);
    const options = {
      ...buses?.[name],
      ...(url !== undefined && { url }),
    };
    const bus = await registry.make('buses', name, options, { given: { buses } });
    try {
      const failureText = `${registry.title('buses', name)} failed in preflight`;
      await callPlugin(failureText, () => bus.preflight?.({ signal }), { signal });
      return { name, cases: await this.#report(name, busFindings(bus, signal)) };
    } finally {
      await bus[Symbol.asyncDispose]?.();
    }
  }

  /** Prints each case as it ends. */
  async #report(name: string, findings: AsyncIterable<Finding>): Promise<Finding[]> {
    const { safeText } = await import('@cooperbench/command');
    const cases: Finding[] = [];
    for await (const finding of findings) {
      cases.push(finding);
      const { status, ms, why } = finding;
      const time = status === 'not applicable' ? '' : `  ${ms} ms`;
      this.log(`${signs[status]} ${finding.name}${time}`);
      for (const line of why?.split('\n').filter(Boolean) ?? []) this.log(`    ${safeText(line)}`);
    }
    const count = (status: Finding['status']): number =>
      cases.filter((finding) => finding.status === status).length;
    const rest = count('not applicable');
    const promises = `${count('kept')} promises kept, ${count('broken')} broken`;
    this.log(`\n${name}: ${promises}${rest > 0 ? `, ${rest} not applicable` : ''}.`);
    return cases;
  }
}

interface DoctorFlags {
  readonly backend: string | undefined;
  readonly model: string | undefined;
  readonly 'base-url': string | undefined;
  readonly 'agent-config': string | undefined;
  readonly 'agent-option': readonly string[] | undefined;
  readonly image: string | undefined;
  readonly redis: string | undefined;
  readonly thorough: boolean;
  readonly 'backend-option': readonly string[] | undefined;
  readonly 'bus-option': readonly string[] | undefined;
  readonly 'evaluator-option': readonly string[] | undefined;
  readonly 'dataset-dir': string;
  readonly 'log-dir': string;
  readonly configured: Settings;
}
