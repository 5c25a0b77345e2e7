import { rmSync } from 'node:fs';
import type { AgentDefinition, Backend, PluginHook, SandboxSpec } from '../../packages/core/dist/index.js';
import { buildInstallableTask, type ProviderAnswer } from '../../packages/testing/dist/frameworks/index.js';
import { buildDockerBackend, sampleSpec } from '../docker/daemon.ts';
import { buildLocalBackend } from '../local-sandboxes.ts';

/** An agent to measure, and the tool with which its model runs commands. */
export interface Subject {
  readonly agent: string;
  readonly from: 'agent-mini-swe' | 'agent-cli' | 'agent-swe-agent' | 'agent-openhands-bridge';
  readonly on: 'local' | 'docker';
  readonly model: string;
  readonly tool: string;
  /** The argument of the tool that is the command. Default: `command`. */
  readonly argument?: string;
  /** The command that ends the work. Default: a text of the model does. */
  readonly submit?: string;
  /** Set by package managers: where its layer comes from. */
  readonly registry?: string | undefined;
  /** Bounds, in ms: of a step, and of the time until the first request to the model. */
  readonly stepMs: number;
  readonly startMs: number;
}

const { npm_config_registry: npm, PIP_INDEX_URL: pip } = process.env;

/** The agents. */
export const subjects: readonly Subject[] = [
  {
    agent: 'mini_swe_agent',
    from: 'agent-mini-swe',
    on: 'local',
    model: 'gpt-4o',
    tool: 'bash',
    stepMs: 15,
    startMs: 3000,
  },
  {
    agent: 'claude_code',
    from: 'agent-cli',
    on: 'docker',
    model: 'claude-sonnet-4-5',
    tool: 'Bash',
    registry: npm,
    stepMs: 500,
    startMs: 3000,
  },
  {
    agent: 'codex',
    from: 'agent-cli',
    on: 'docker',
    model: 'gpt-5.5',
    tool: 'exec_command',
    argument: 'cmd',
    registry: npm,
    stepMs: 500,
    startMs: 3000,
  },
  {
    agent: 'openhands',
    from: 'agent-openhands-bridge',
    on: 'docker',
    model: 'gpt-4o',
    tool: 'terminal',
    registry: pip,
    stepMs: 500,
    startMs: 30_000,
  },
  {
    agent: 'mini_swe_agent_cli',
    from: 'agent-swe-agent',
    on: 'docker',
    model: 'gpt-4o',
    tool: 'bash',
    submit: 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT',
    registry: pip,
    stepMs: 500,
    startMs: 15_000,
  },
];

/**
 * Builds the model's answer in step `n`. Commands differ, because a framework that sees the same one again and again may stop.
 */
export function buildStep({ tool, argument = 'command' }: Subject, n: number): ProviderAnswer {
  return { toolCalls: [{ name: tool, arguments: { [argument]: `true ${n}` } }] };
}

/** Returns the model's last answer. */
export function endOf({ tool, argument = 'command', submit }: Subject): ProviderAnswer {
  if (submit === undefined) return { text: 'Done.' };
  return { toolCalls: [{ name: tool, arguments: { [argument]: submit } }] };
}

export async function createDefinition({ from, agent }: Subject): Promise<AgentDefinition> {
  const { default: plugin } = (await import(`../../packages/${from}/dist/index.js`)) as {
    default: PluginHook;
  };
  const definition = plugin().agents?.[agent];
  if (definition === undefined) throw new Error(`${from} has no agent ${agent}`);
  return definition;
}

/** Where a subject works: a backend, and what its sandboxes are made from. */
export interface Place extends AsyncDisposable {
  readonly backend: Backend;
  spec(name: string): SandboxSpec;
}

export async function placeOf(subject: Subject): Promise<Place> {
  const { registry } = subject;
  const layers = (await createDefinition(subject)).layers?.({ registry }) ?? [];
  if (subject.on === 'local') {
    const backend = buildLocalBackend();
    const buildSpec = (name: string): SandboxSpec => ({ ...sampleSpec(name), layers });
    return { backend, spec: buildSpec, [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose]() };
  }
  const image = `cooperbench-bench/${subject.from}:task1`;
  const { datasetDir, taskDir } = buildInstallableTask(image);
  const backend = buildDockerBackend({ build: true, network: 'none' });
  return {
    backend,
    spec: (name) => ({ ...sampleSpec(name), image, taskDir, layers }),
    async [Symbol.asyncDispose]() {
      await backend[Symbol.asyncDispose]();
      rmSync(datasetDir, { recursive: true });
    },
  };
}
