import { readFileSync } from 'node:fs';
import docker from '@cooperbench/backend-docker';
import { checkPair, type PairMember, type ProviderAnswer } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { parse } from 'yaml';
import { dockerOptions, dockerTask, installed } from '../docker.test.support.ts';
import plugin from '../index.ts';

const page = new URL('../../../../docs/guide/configured-cli.md', import.meta.url);
const [, example = ''] = readFileSync(page, 'utf8').match(/```yaml\n([\s\S]*?)```/) ?? [];
const { cli } = parse(example).agentOptions;
const task = dockerTask('configured-cli');

const opencode: PairMember = {
  agent: 'cli',
  model: 'gpt-4o',
  shell: (command): ProviderAnswer => ({
    toolCalls: [{ name: 'bash', arguments: { command, description: 'Do what the test says' } }],
  }),
};

// One pair, and no case of the contract: what differs from the fake of `contract.long.test.ts` is the example of the guide.
test('a pair of the CLI in the guide exchanges a message and a branch, and passes', () =>
  checkPair({
    ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
    ...{ backend: 'docker', backendOptions: dockerOptions },
    agentOptions: { cli: { ...cli, registry: installed.registry } },
    ...{ agent1: opencode, agent2: opencode },
  }));
