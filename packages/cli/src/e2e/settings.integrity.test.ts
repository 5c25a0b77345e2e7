import { join } from 'node:path';
import type { EvaluationFile, ResultFile } from '@cooperbench/records';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnEachBackend } from './attacks.test.support.ts';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { onDocker, removeImages } from './docker.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';

interface Case {
  /** What the agents run in one turn, by phase or seat. */
  readonly scripts: readonly (readonly [match: object, script: string])[];
  readonly phases?: readonly string[];
  readonly seats?: readonly string[];
}
const pair = ['agent1', 'agent2'];
const eachDoesItsOwn: Case['scripts'] = [
  [{ seat: 'agent1' }, doFeature(1)],
  [{ seat: 'agent2' }, doFeature(2)],
];

const cases: Readonly<Record<string, Case>> = {
  solo: { scripts: [[{}, `${doFeature(1)}; ${doFeature(2)}`]], seats: ['solo'] },
  coop: {
    scripts: [
      [{ seat: 'agent1' }, `send_message agent2 hello; ${doFeature(1)}`],
      // Short: when agent2 starts late, the message is in its prompt, and no other comes.
      [{ seat: 'agent2' }, `read_messages --wait 5; ${doFeature(2)}`],
    ],
  },
  plan_execute: {
    scripts: [
      [{ phase: 'plan' }, 'echo "Only what is needed." > plan.txt; send_message all hello'],
      [{ phase: 'execute', seat: 'agent1' }, `grep needed plan.txt; ${doFeature(1)}`],
      [{ phase: 'execute', seat: 'agent2' }, doFeature(2)],
    ],
    phases: ['plan', 'execute'],
  },
  review: {
    scripts: [
      [{ phase: 'implement' }, doFeature(1)],
      [
        { phase: 'review' },
        'if grep -q "^feature 2" lib.txt; then echo APPROVED; else echo "Feature 2 is missing."; fi > review.md',
      ],
      [{ phase: 'revise' }, doFeature(2)],
    ],
    phases: ['implement', 'review', 'revise', 'review'],
  },
  relay: { scripts: eachDoesItsOwn, phases: ['feature1', 'feature2'] },
  team: {
    scripts: [
      [
        { seat: 'agent1' },
        `task_claim 1; ${doFeature(1)}; while [ ! -f ../shared/2.patch ]; do sleep 0.1; done; git apply ../shared/2.patch; task_update 1 done`,
      ],
      [
        { seat: 'agent2' },
        `task_claim 2; ${doFeature(2)}; git diff | share_file 2.patch; task_update 2 done shared`,
      ],
    ],
  },
};

describeOnEachBackend('a run with every channel and the scripted agent', (backendName) => {
  let remove = (): void => {};
  let scratch: Scratch;
  let dataset: string;

  beforeAll(() => {
    scratch = createScratch((work) => {
      remove = work;
    });
    dataset = shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared' });
  });
  afterAll(() => {
    if (backendName === 'docker') removeImages(scratch);
    remove();
  });

  test.for(Object.entries(cases))('of %s passes', async ([setting, { scripts, phases, seats = pair }]) => {
    const turns = scripts.map(([match, run]) => ({ match, turns: [{ run }] }));
    const ending = await runInProcess(scratch, [
      ...['run', '-n', setting, '--setting', setting, '-m'],
      scriptedModel(scratch.root, turns, `${setting}.json`),
      ...(backendName === 'docker' ? onDocker : ['--backend', 'local']),
      ...(setting === 'solo' ? [] : ['--channels', 'messages,git,tasks,folder,requests,mcp']),
      ...['--dataset-dir', dataset, '--log-dir', scratch.logs],
    ]);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const trial = join(scratch.logs, setting, setting, 'shell_task/1/f1_f2');
    const result = readJson<ResultFile>(trial, 'result.json');
    const agents = result.agents ?? { solo: result.agent };
    expect(result.phases?.map(({ name }) => name)).toEqual(phases);
    expect(Object.entries(agents).map(([seat, record]) => [seat, record?.status])).toEqual(
      seats.map((seat) => [seat, 'Completed']),
    );
    expect(readJson<EvaluationFile>(trial, 'eval.json')).toMatchObject({ both_passed: true, error: null });
  });
});
