import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { cooperbench, createScratch, type Scratch, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { expectNoProcessLeft, expectNothingLeft } from './processes.test.support.ts';
import { contentOf } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('bubblewrap');

interface Case {
  readonly phases: readonly string[];
  readonly scripts: readonly (readonly [match: object, run: string])[];
  /** Of an undisturbed run, in USD. */
  readonly cost: number;
}

const verdict =
  "if grep -q 'feature 2' lib.txt; then echo APPROVED; else echo 'Feature 2 is missing.'; fi > review.md";

const cases: Readonly<Record<string, Case>> = {
  review: {
    phases: ['implement', 'review', 'revise', 'review'],
    scripts: [
      [{ phase: 'implement' }, doFeature(1)],
      [{ phase: 'review' }, verdict],
      [{ phase: 'revise' }, doFeature(2)],
    ],
    cost: 8,
  },
  plan_execute: {
    phases: ['plan', 'execute'],
    scripts: [
      [{ phase: 'plan' }, 'echo "Only what is needed." > plan.txt'],
      [{ seat: 'agent1' }, doFeature(1)],
      [{ seat: 'agent2' }, doFeature(2)],
    ],
    cost: 8,
  },
  relay: {
    phases: ['feature1', 'feature2'],
    scripts: [
      [{ seat: 'agent1' }, doFeature(1)],
      [{ seat: 'agent2' }, doFeature(2)],
    ],
    cost: 4,
  },
};

/** Returns a pair, of which each seat has two answers in a phase. An answer costs a dollar. */
function experiment(scratch: Scratch, setting: string, scripts: Case['scripts']): string[] {
  const dataset = shellDataset(join(scratch.root, 'dataset'));
  const turns = scripts.map(([match, run]) => ({
    match,
    turns: [
      { say: 'I begin.', usage: { cost: 1 }, run: 'sleep 0.5' },
      { say: 'I work.', usage: { cost: 1 }, run },
    ],
  }));
  return [
    ...['run', '-n', 'x', '--setting', setting, '-m', scriptedModel(scratch.root, turns)],
    ...['--backend', 'local', '--max-cost', '100', '--dataset-dir', dataset],
    ...['--log-dir', scratch.logs, '--reporter', 'json'],
  ];
}

/** Returns the files of the trial. Those of the run also have what the killed attempt spent. */
function trialOf(scratch: Scratch, setting: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(contentOf(scratch, 'x')).filter(([name]) => name.startsWith(`${setting}/`)),
  );
}

async function costOf(scratch: Scratch): Promise<number> {
  const { stdout } = await cooperbench(scratch, ['list', 'runs', '--json', '--log-dir', scratch.logs]);
  return JSON.parse(stdout)[0].cost;
}

describe.for(Object.entries(cases))(
  `a run of %s that is killed in a phase repeats the whole trial and loses nothing${reason}`,
  ([setting, { phases, scripts, cost }]) => {
    let undisturbed: Record<string, unknown>;

    beforeAll(async () => {
      let remove = (): void => {};
      const scratch = createScratch((work) => {
        remove = work;
      });
      const { code, stderr } = await cooperbench(scratch, experiment(scratch, setting, scripts));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      undisturbed = trialOf(scratch, setting);
      remove();
    });

    test('the undisturbed one has its phases and passes', () => {
      const folder = `${setting}/shell_task/1/f1_f2`;
      const result = undisturbed[`${folder}/result.json`] as { phases: { name: string }[] };
      expect(result).toMatchObject({ total_cost: cost });
      expect(result.phases.map(({ name }) => name)).toEqual(phases);
      expect(undisturbed[`${folder}/eval.json`]).toMatchObject({ both_passed: true });
    });

    test.concurrent.for(phases.map((name, index) => [index + 1, name] as const))(
      'phase %i, %s',
      async ([number], { onTestFinished }) => {
        const scratch = createScratch(onTestFinished);
        const args = experiment(scratch, setting, scripts);
        const running = start(scratch, args);
        let isInPhase = false;
        await running.line((line) => {
          isInPhase ||= line.includes('"type":"phase_started"') && line.includes(`"number":${number}`);
          return isInPhase && line.includes('"type":"answer"');
        });
        running.child.kill('SIGKILL');
        expect((await running.ended).signal).toBe('SIGKILL');
        await expectNoProcessLeft(scratch);
        const spent = await costOf(scratch);
        // What the phases before cost, and the first answer of this one. Another seat may have had one as well.
        const costOfPhase = cost / phases.length;
        expect(spent).toBeGreaterThan(costOfPhase * (number - 1));
        expect(spent).toBeLessThan(costOfPhase * number);
        const { code, stderr } = await cooperbench(scratch, args);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(trialOf(scratch, setting)).toEqual(undisturbed);
        expect(await costOf(scratch)).toBe(cost + spent);
        await expectNothingLeft(scratch);
      },
    );
  },
);
