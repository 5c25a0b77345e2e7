import { readFileSync } from 'node:fs';
import { type FrameworkOptions, installPython, type TuningOptions } from '@cooperbench/agent-kit/definition';
import type { CliOptions } from './options.ts';

/** How a seat uses a program of the table below. */
export interface PresetOptions extends FrameworkOptions, TuningOptions {}

/** A program that the agent `cli` could run with these options. */
export interface CliPreset {
  readonly title: string;
  /** The short form of its name in names of runs. */
  readonly short: string;
  /** The version that the tests run. */
  readonly version: string;
  /** The command that its layer installs. */
  readonly program: string;
  readonly install: string;
  /** POSIX sh that prints the version of the program `$1`. Default: it has a flag `--version`. */
  readonly check?: string;
  readonly tuning: readonly (keyof TuningOptions)[];
  /** How often it repeats a failed request. If it is absent, the program decides. */
  readonly retries?: { readonly default: number; readonly maximum: number };
  options(program: string, presetOptions: PresetOptions): Omit<CliOptions, 'name'>;
}

/** Both call their model with LiteLLM, which has no network to look for newer prices. */
const litellm = {
  LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  OPENAI_API_BASE: '{model_url}/v1',
  OPENAI_API_KEY: '{token}',
};

const withYes = readFileSync(new URL('../../src/configured/aider.sh', import.meta.url), 'utf8');

/** Programs by the name of their agent. */
export const presets: Readonly<Record<string, CliPreset>> = {
  aider: {
    ...{ title: 'Aider', short: 'aider', version: '0.86.2' },
    ...{ program: '/opt/aider/venv/bin/aider', tuning: ['effort'] },
    // Its package pins everything that it needs.
    install: installPython({
      ...{ directory: '/opt/aider', python: '>=3.10,<3.13', packages: '"aider-chat==$version"', pins: '' },
    }),
    options(program, { effort }) {
      const run = (...extraArguments: string[]): string[] => [
        ...['sh', '-c', withYes, 'sh', program, '--model', 'openai/{model}'],
        ...['--no-auto-commits', '--no-dirty-commits', '--no-gitignore', '--no-detect-urls'],
        ...['--no-analytics', '--no-check-update', '--no-show-release-notes', '--no-show-model-warnings'],
        ...['--no-pretty', '--no-fancy-input'],
        ...(effort === undefined ? [] : ['--reasoning-effort', effort, '--no-check-model-accepts-settings']),
        ...extraArguments,
      ];
      return {
        ...{ api: 'openai', env: litellm },
        command: run('--message', '{prompt}'),
        resume: run('--restore-chat-history', '--message', '{text}'),
      };
    },
  },
  mini: {
    ...{ title: 'mini-SWE-agent', short: 'mini', version: '2.4.6' },
    ...{ program: '/opt/mini/venv/bin/mini', tuning: ['effort', 'temperature', 'topP'] },
    install: installPython({
      ...{ directory: '/opt/mini', python: '>=3.11,<3.15', packages: '"mini-swe-agent==$version"' },
      // Later versions import packages that they do not require.
      pins: 'litellm==1.100.5',
    }),
    check: '"$1" --help >/dev/null && echo mini',
    retries: { default: 8, maximum: 15 },
    options(program, { effort, temperature, topP, retries = 8 }) {
      const tuning = Object.entries({ reasoning_effort: effort, temperature, top_p: topP })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `model.model_kwargs.${name}=${value}`);
      const config = tuning.length === 0 ? [] : ['mini.yaml', ...tuning];
      return {
        api: 'openai',
        command: [
          ...[program, '--yolo', '--exit-immediately', '--cost-limit', '0', '--model', 'openai/{model}'],
          ...config.flatMap((value) => ['--config', value]),
          ...['--task', '{prompt}'],
        ],
        env: {
          ...litellm,
          MSWEA_CONFIGURED: 'true',
          MSWEA_COST_TRACKING: 'ignore_errors',
          MSWEA_GLOBAL_CONFIG_DIR: '/tmp/mini',
          MSWEA_MODEL_RETRY_STOP_AFTER_ATTEMPT: String(retries + 1),
          MSWEA_SILENT_STARTUP: '1',
        },
      };
    },
  },
};
