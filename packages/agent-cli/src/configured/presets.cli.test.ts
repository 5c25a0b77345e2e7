import docker from '@cooperbench/backend-docker';
import {
  checkPair,
  frameworkContract,
  frameworkSubject,
  type PairMember,
  type ProviderAnswer,
} from '@cooperbench/testing/frameworks';
import { describe, test } from 'vitest';
import { dockerOptions, dockerTask } from '../docker.test.support.ts';
import plugin from '../index.ts';
import { configuredCli } from './agent.ts';
import { presetOptions } from './definition.ts';
import { type CliPreset, presets } from './presets.ts';

// Its layer needs a Python older than that of the tests' image, or GitHub, so this names an Aider of this machine.
const command = process.env.COOPERBENCH_E2E_AIDER;
const shell = (one: string): ProviderAnswer => ({ text: `I do it.\n\`\`\`bash\n${one}\n\`\`\`` });
const subject = frameworkSubject({
  agent: (env) => configuredCli(presetOptions(presets.aider as CliPreset, { command }), env, 'aider'),
  ...{ model: 'gpt-4o', shell, crash: shell('kill -9 $PPID') },
});

// It asks its model only once when it runs a command. At a lasting rate limit, it gives up after more than a minute.
const works = frameworkContract.filter(({ name }) =>
  /^(it works in|a message that comes when|the key is in|an abort|a key that the provider refuses stops)/.test(
    name,
  ),
);
describe.skipIf(!command)(`Aider${command ? '' : ' (skipped: no COOPERBENCH_E2E_AIDER)'}`, () => {
  test.for(works)('$name', (one) => one.check(subject));
});

const mini: PairMember = {
  agent: 'mini',
  model: 'gpt-4o',
  shell: (command) => ({ toolCalls: [{ name: 'bash', arguments: { command } }] }),
  done: {
    toolCalls: [{ name: 'bash', arguments: { command: 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT' } }],
  },
};
const miniTask = dockerTask('mini');

test('a pair of mini exchanges a message and a branch, and passes', () =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir: miniTask.datasetDir },
    ...{
      backend: 'docker',
      backendOptions: dockerOptions,
      agentOptions: { mini: { registry: process.env.PIP_INDEX_URL } },
    },
    ...{ agent1: mini, agent2: mini },
  }));
