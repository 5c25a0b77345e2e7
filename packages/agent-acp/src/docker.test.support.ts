import { rmSync } from 'node:fs';
import docker, { createDockerBackend } from '@cooperbench/backend-docker';
import type { Agent, Sandbox } from '@cooperbench/core';
import type { AgentSubject } from '@cooperbench/testing';
import {
  buildInstallableTask,
  checkPair,
  type PairMember,
  providerKey,
} from '@cooperbench/testing/frameworks';
import { afterAll } from 'vitest';
import { createAcpAgent } from './agent.ts';
import { buildProgram, createPresetLayer } from './definition.ts';
import plugin from './index.ts';
import type { SeatOptions } from './options.ts';
import { type Preset, presets } from './presets.ts';
import { acpSubject } from './subject.test.support.ts';

/** The real program, which its layer installs from npm's registry once for each image. */
const installed = { registry: process.env.npm_config_registry };

/** Containers without network. */
const dockerOptions = {
  network: 'none',
  build: true,
  baseImage: 'cooperbench-test/base:latest',
} as const;

interface RealProgram {
  readonly subject: AgentSubject;
  sandbox(): Promise<Sandbox>;
  agent(options?: SeatOptions): Agent;
  pair(): Promise<void>;
}

/** Returns a preset in containers without network, until the end of the test file. */
export function realProgram(member: PairMember): RealProgram {
  const preset = presets[member.agent] as Preset;
  const task = buildInstallableTask(`cooperbench-test/acp-${member.agent.replaceAll('_', '-')}:task1`);
  const opening = createDockerBackend(dockerOptions);
  afterAll(async () => {
    await (await opening)[Symbol.asyncDispose]();
    rmSync(task.datasetDir, { recursive: true });
  });
  const program = buildProgram(preset);
  const sandbox = async (): Promise<Sandbox> =>
    (await opening).create(task.spec(createPresetLayer(preset, installed)));
  return {
    subject: acpSubject(program, member, sandbox),
    sandbox,
    agent: (options) => createAcpAgent(member.agent, program, options, { COOPERBENCH_API_KEY: providerKey }),
    pair: () =>
      checkPair({
        ...{ plugins: [docker(), plugin()], datasetDir: task.datasetDir },
        ...{ backend: 'docker', backendOptions: dockerOptions, agentOptions: { [member.agent]: installed } },
        ...{ agent1: member, agent2: member },
      }),
  };
}
