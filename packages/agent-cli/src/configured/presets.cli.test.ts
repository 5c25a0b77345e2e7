import docker from '@cooperbench/backend-docker';
import {
  casesOfFramework,
  checkPair,
  frameworkContract,
  frameworkSubject,
  type PairMember,
  type ProviderAnswer,
} from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { dockerOptions, dockerTask } from '../docker.test.support.ts';
import plugin from '../index.ts';
import { configuredCli } from './agent.ts';
import { presetLayer, presetOptions } from './definition.ts';
import { type CliPreset, presets } from './presets.ts';

/** The real programs, whose packages their layers install from PyPI once for each image. */
const installed = { registry: process.env.PIP_INDEX_URL };

const aider = presets.aider as CliPreset;
const aiderTask = dockerTask('aider');
const shell = (command: string): ProviderAnswer => ({ text: `I do it.\n\`\`\`bash\n${command}\n\`\`\`` });
const subject = frameworkSubject({
  agent: (env) => configuredCli(presetOptions(aider), env, 'aider'),
  ...{ model: 'gpt-4o', shell, crash: shell('kill -9 $PPID') },
  workspace: () => aiderTask.sandbox(presetLayer(aider, installed)),
});

// It asks its model only once when it runs a command. At a lasting rate limit it waits for a minute.
const works = frameworkContract.filter(({ name }) =>
  /^(it works in|a message that comes when|the key is in)/.test(name),
);
test.for([...works, ...casesOfFramework()])('aider: $name', (one) => one.check(subject));

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
    ...{ backend: 'docker', backendOptions: dockerOptions, agentOptions: { mini: installed } },
    ...{ agent1: mini, agent2: mini },
  }));
