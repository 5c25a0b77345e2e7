import docker from '@cooperbench/backend-docker';
import {
  checkPair,
  frameworkContract,
  frameworkSubject,
  type PairMember,
  type ProviderAnswer,
} from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { dockerOptions, dockerTask } from '../docker.test.support.ts';
import plugin from '../index.ts';
import { createConfiguredCli } from './agent.ts';
import { buildPresetOptions, createPresetLayer } from './definition.ts';
import { type CliPreset, presets } from './presets.ts';

const installed = { registry: process.env.PIP_INDEX_URL };
const preset = presets.aider as CliPreset;
const layer = createPresetLayer(preset, installed);

const shell = (name: string): ProviderAnswer => ({ text: `I do it.\n\`\`\`bash\n${name}\n\`\`\`` });
const aider: PairMember = { agent: 'aider', model: 'gpt-4o', shell, answersOnce: true };
const mini: PairMember = {
  agent: 'mini',
  model: 'gpt-4o',
  shell: (command) => ({ toolCalls: [{ name: 'bash', arguments: { command } }] }),
  done: {
    toolCalls: [{ name: 'bash', arguments: { command: 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT' } }],
  },
};

// Debian's current Python is too new for Aider.
const olderPython = { ...dockerOptions, baseImage: 'cooperbench-test/python311:latest' };
const task = dockerTask('aider', olderPython);

const subject = frameworkSubject({
  agent: (env) => createConfiguredCli(buildPresetOptions(preset), env, 'aider'),
  ...{ model: 'gpt-4o', shell, crash: shell('kill -9 $PPID') },
  workspace: () => task.sandbox(layer),
});

// It asks its model only once when it runs a command. At a lasting rate limit, it gives up after more than a minute.
const works = frameworkContract.filter(({ name }) =>
  /^(it works in|a message that comes when|the key is in|an abort|a key that the provider refuses stops)/.test(
    name,
  ),
);
test.for(works)('Aider: $name', (agentCase) => agentCase.check(subject));

test.for([
  ['aider and mini', aider, mini],
  ['two of mini', mini, mini],
] as const)('%s exchange a message and a branch, and pass', ([, agent1, agent2]) =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
    ...{ backend: 'docker', backendOptions: olderPython },
    agentOptions: { aider: installed, mini: installed },
    ...{ agent1, agent2 },
  }),
);
