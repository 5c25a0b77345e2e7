import { readFileSync } from 'node:fs';
import { formatAssignments, unpackFromNpm } from '@cooperbench/agent-kit/definition';
import type { AcpProgram } from './options.ts';

/** A program of the table below. Its `command` begins with the program that `install` puts on PATH. */
export interface Preset extends Omit<AcpProgram, 'name'> {
  readonly title: string;
  /** The version that the tests run, or that was tried. */
  readonly version: string;
  /** The short form of its name in names of runs. */
  readonly short: string;
  readonly install: string;
  /** The reasoning efforts that it knows. */
  readonly efforts?: readonly string[];
}

/** The Node.js that runs packages in an image without a recent one. */
const nodeVersion = '24.21.0';

const nodeProgram = readFileSync(new URL('../src/node-package.sh', import.meta.url), 'utf8');
const binaryProgram = readFileSync(new URL('../src/binary-package.sh', import.meta.url), 'utf8');
const kimiDependencies = readFileSync(new URL('../src/kimi-dependencies.sh', import.meta.url), 'utf8');

/** POSIX sh that installs an npm package as node-package.sh says. */
const nodePackage = (name: string, file: string, command: string, major: number): string =>
  `${unpackFromNpm}${formatAssignments({ name, file, command, major, node_version: nodeVersion })}${nodeProgram}`;

/** POSIX sh that installs the binary of an npm package as binary-package.sh says. */
const binaryPackage = (name: string, file: string, command: string): string =>
  `${unpackFromNpm}${formatAssignments({ name, file, command })}${binaryProgram}`;

/** Programs that speak the Agent Client Protocol, by the name of their agent. */
export const presets: Readonly<Record<string, Preset>> = {
  gemini_cli: {
    ...{ title: 'Gemini CLI', short: 'gem', version: '0.61.0', api: 'gemini' },
    install: nodePackage('@google/gemini-cli', 'bundle/gemini.js', 'gemini', 20),
    command: ['gemini', '--acp', '--approval-mode', 'yolo', '--model', '{model}'],
    env: {
      GEMINI_API_KEY: '{token}',
      GOOGLE_GEMINI_BASE_URL: '{model_url}',
      GEMINI_CLI_HOME: '{folder}',
      GEMINI_CLI_SYSTEM_SETTINGS_PATH: '{folder}/settings.json',
      GEMINI_CLI_NO_RELAUNCH: 'true',
    },
    files: {
      'settings.json': {
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
      },
    },
  },
  qwen_code: {
    ...{ title: 'Qwen Code', short: 'qwen', version: '0.24.4', api: 'openai' },
    install: nodePackage('@qwen-code/qwen-code', 'cli-entry.js', 'qwen', 22),
    command: [
      ...['qwen', '--acp', '--approval-mode', 'yolo'],
      ...['--auth-type', 'openai', '--model', '{model}'],
    ],
    env: {
      OPENAI_API_KEY: '{token}',
      OPENAI_BASE_URL: '{model_url}/v1',
      OPENAI_MODEL: '{model}',
      QWEN_HOME: '{folder}',
      QWEN_CODE_NO_RELAUNCH: 'true',
    },
    files: {
      'settings.json': {
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
        // Further requests to the model.
        memory: { enableManagedAutoMemory: false },
        ui: { enableFollowupSuggestions: false },
        security: { auth: { selectedType: 'openai' }, folderTrust: { enabled: false } },
        model: {
          generationConfig: {
            // Besides its own 7 attempts, which it would multiply with twice this number.
            maxRetries: 0,
            contextWindowSize: '{context_window}',
            samplingParams: {
              reasoning_effort: '{effort}',
              temperature: '{temperature}',
              top_p: '{top_p}',
            },
          },
        },
      },
    },
    efforts: ['low', 'medium', 'high'],
  },
  opencode: {
    ...{ title: 'OpenCode', short: 'oc', version: '1.18.33', api: 'openai' },
    install: binaryPackage('opencode-linux', 'bin/opencode', 'opencode'),
    command: ['opencode', 'acp'],
    concurrentPrompts: true,
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: '1',
      OPENCODE_DISABLE_MODELS_FETCH: '1',
      OPENCODE_CONFIG_CONTENT: {
        permission: 'allow',
        share: 'disabled',
        agent: {
          title: { disable: true },
          build: { temperature: '{temperature}', top_p: '{top_p}' },
        },
        model: 'seat/{model}',
        small_model: 'seat/{model}',
        provider: {
          seat: {
            npm: '@ai-sdk/openai-compatible',
            options: { baseURL: '{model_url}/v1', apiKey: '{token}' },
            models: { '{model}': { temperature: true, options: { reasoningEffort: '{effort}' } } },
          },
        },
      },
    },
    efforts: ['minimal', 'low', 'medium', 'high', 'xhigh'],
  },
  kimi: {
    ...{ title: 'Kimi Code', short: 'kimi', version: '2.1.0', api: 'openai' },
    install: `${nodePackage('@moonshot-ai/kimi-code', 'dist/main.mjs', 'kimi', 24)}${kimiDependencies}`,
    command: ['kimi', 'acp'],
    env: {
      KIMI_CODE_HOME: '{folder}',
      KIMI_CODE_NO_AUTO_UPDATE: '1',
      KIMI_MODEL_NAME: '{model}',
      KIMI_MODEL_PROVIDER_TYPE: 'openai',
      KIMI_MODEL_BASE_URL: '{model_url}/v1',
      KIMI_MODEL_API_KEY: '{token}',
      KIMI_MODEL_THINKING_EFFORT: '{effort}',
      KIMI_MODEL_TEMPERATURE: '{temperature}',
      KIMI_MODEL_TOP_P: '{top_p}',
      KIMI_MODEL_MAX_CONTEXT_SIZE: '{context_window}',
    },
    files: { 'config.toml': '[loop_control]\nmax_attempts_per_step = {attempts}\n' },
    efforts: ['low', 'medium', 'high'],
  },
  cline: {
    ...{ title: 'Cline', short: 'cline', version: '3.0.65', api: 'openai' },
    install: binaryPackage('@cline/cli-linux', 'bin/cline', 'cline'),
    command: ['cline', '--acp', '--auto-approve', 'true'],
    env: {
      CLINE_PROVIDER: 'openai-compatible',
      CLINE_MODEL: '{model}',
      CLINE_API_KEY: '{token}',
      CLINE_DIR: '{folder}',
      CLINE_DATA_DIR: '{folder}/data',
      CLINE_PROVIDER_SETTINGS_PATH: '{folder}/data/settings/providers.json',
      CLINE_SESSION_BACKEND_MODE: 'local',
    },
    files: {
      'data/settings/providers.json': {
        version: 1,
        lastUsedProvider: 'openai-compatible',
        providers: {
          'openai-compatible': {
            settings: {
              provider: 'openai-compatible',
              apiKey: '{token}',
              model: '{model}',
              baseUrl: '{model_url}/v1',
            },
            updatedAt: '2026-01-01T00:00:00.000Z',
            tokenSource: 'manual',
          },
        },
      },
    },
  },
  copilot: {
    ...{ title: 'GitHub Copilot CLI', short: 'cop', version: '1.0.102', api: 'openai' },
    install: binaryPackage('@github/copilot-linux', 'copilot', 'copilot'),
    command: ['copilot', '--acp', '--allow-all', '--no-auto-update', '--reasoning-effort={effort}'],
    env: {
      COPILOT_HOME: '{folder}',
      COPILOT_OFFLINE: 'true',
      COPILOT_MODEL: '{model}',
      COPILOT_PROVIDER_BASE_URL: '{model_url}/v1',
      COPILOT_PROVIDER_API_KEY: '{token}',
    },
    efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  },
};
