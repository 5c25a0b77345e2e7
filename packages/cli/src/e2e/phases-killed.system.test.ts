import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { cooperbench, type Scratch, scratch, start } from './cli.test.support.ts';
import { doFeature, scriptedModel, shellDataset } from './dataset.test.support.ts';
import { expectNoProcessLeft, expectNothingLeft } from './processes.test.support.ts';
import { contentOf } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('bubblewrap');

const phases = ['implement', 'review', 'revise', 'review'];

/** A pair with a review that asks for more and one that approves. Each phase has two answers, which cost a dollar. */
function experiment(place: Scratch): string[] {
  const dataset = shellDataset(join(place.root, 'dataset'));
  const script = (phase: string, run: string) => ({
    match: { phase },
    turns: [
      { say: 'I begin.', usage: { cost: 1 }, run: 'sleep 0.5' },
      { say: 'I work.', usage: { cost: 1 }, run },
    ],
  });
  const verdict =
    "if grep -q 'feature 2' lib.txt; then echo APPROVED; else echo 'Feature 2 is missing.'; fi > review.md";
  const model = scriptedModel(place.root, [
    script('implement', doFeature(1)),
    script('review', verdict),
    script('revise', doFeature(2)),
  ]);
  return [
    ...['run', '-n', 'x', '--setting', 'review', '-m', model, '--backend', 'local', '--max-cost', '100'],
    ...['--dataset-dir', dataset, '--log-dir', place.logs, '--reporter', 'json'],
  ];
}

/** The files of the trial. Those of the run also have what the killed attempt spent. */
function trialOf(place: Scratch): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(contentOf(place, 'x')).filter(([name]) => name.startsWith('review/')),
  );
}

async function costOf(place: Scratch): Promise<number> {
  const { stdout } = await cooperbench(place, ['list', 'runs', '--json', '--log-dir', place.logs]);
  return JSON.parse(stdout)[0].cost;
}

let undisturbed: Record<string, unknown>;

describe(`a run that is killed in a phase repeats the whole trial and loses nothing${reason}`, () => {
  beforeAll(async () => {
    let remove = (): void => {};
    const place = scratch((work) => {
      remove = work;
    });
    const { code, stderr } = await cooperbench(place, experiment(place));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    undisturbed = trialOf(place);
    remove();
  });

  test('the undisturbed one has four phases and passes', () => {
    const folder = 'review/shell_task/1/f1_f2';
    const result = undisturbed[`${folder}/result.json`] as { phases: { name: string }[] };
    expect(result).toMatchObject({ total_cost: 8 });
    expect(result.phases.map(({ name }) => name)).toEqual(phases);
    expect(undisturbed[`${folder}/eval.json`]).toMatchObject({ both_passed: true });
  });

  test.concurrent.for(phases.map((name, index) => [index + 1, name] as const))(
    'phase %i, %s',
    async ([number], { onTestFinished }) => {
      const place = scratch(onTestFinished);
      const args = experiment(place);
      const running = start(place, args);
      let isInPhase = false;
      await running.line((line) => {
        isInPhase ||= line.includes('"type":"phase_started"') && line.includes(`"number":${number}`);
        return isInPhase && line.includes('"type":"answer"');
      });
      running.child.kill('SIGKILL');
      expect((await running.ended).signal).toBe('SIGKILL');
      await expectNoProcessLeft(place);
      expect(await costOf(place)).toBe(2 * number - 1);
      const { code, stderr } = await cooperbench(place, args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(trialOf(place)).toEqual(undisturbed);
      expect(await costOf(place)).toBe(8 + 2 * number - 1);
      await expectNothingLeft(place);
    },
  );
});
