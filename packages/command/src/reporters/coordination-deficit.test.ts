import type { EvaluationSummary } from '@cooperbench/records';
import { expect, test } from 'vitest';
import { formatDeficitLine, listCoordinationDeficits } from './coordination-deficit.ts';

type Status = EvaluationSummary['results'][number]['status'];
type JudgedSummary = Pick<EvaluationSummary, 'by_setting' | 'results'>;

const by_setting = (...settings: string[]): JudgedSummary['by_setting'] =>
  Object.fromEntries(
    settings.map((setting) => [
      setting,
      {
        judged: setting.startsWith('solo') || setting === 'relay' ? 'single' : 'merge',
        seats: setting.startsWith('solo') ? 1 : 2,
      },
    ]),
  ) as JudgedSummary['by_setting'];

const results = (verdicts: Record<string, readonly (Status | undefined)[]>): JudgedSummary => ({
  by_setting: by_setting(...Object.keys(verdicts)),
  results: Object.entries(verdicts).flatMap(([setting, statuses]) =>
    statuses.flatMap((status, index) =>
      status ? [{ run: `${setting}/repo/1/f1_f${index + 2}`, status }] : [],
    ),
  ),
});

test('the deficit is the share of solo’s success that coop loses', () => {
  const [coop] = listCoordinationDeficits(
    results({
      solo: ['passed', 'passed', 'passed', 'passed'],
      coop: ['passed', 'failed', 'failed', 'failed'],
    }),
  );
  expect(coop).toEqual({
    ...{ baseline: 'solo', setting: 'coop', pairs: 4, passedByBaseline: 4, passed: 1, deficit: 0.75 },
  });
  expect(coop && formatDeficitLine(coop)).toBe(
    'Coordination deficit: 75.0% (of 4 pairs judged in both settings, solo passes 4 and coop 1)',
  );
});

test('several agents are no baseline, although one patch holds all features', () => {
  const verdicts = results({ relay: ['failed'], solo: ['passed'], coop: ['passed'] });
  expect(listCoordinationDeficits(verdicts)).toMatchObject([
    { baseline: 'solo', setting: 'coop', deficit: 0 },
  ]);
  expect(listCoordinationDeficits(results({ relay: ['passed'], coop: ['passed'] }))).toEqual([]);
});

test('only pairs that both settings hold with a verdict are counted', () => {
  expect(
    listCoordinationDeficits(
      results({
        coop: ['passed', 'failed', 'error', 'failed', undefined],
        solo: ['passed', 'error', 'passed', undefined, 'failed'],
      }),
    ),
  ).toEqual([{ baseline: 'solo', setting: 'coop', pairs: 1, passedByBaseline: 1, passed: 1, deficit: 0 }]);
});

test('a repeated pair is one pair, with the share of its repetitions that pass', () => {
  const verdicts = {
    ...{ 'solo/r/1/f1_f2': 'passed', 'solo/r/1/f1_f2@2': 'passed', 'solo/r/1/f1_f3': 'passed' },
    ...{ 'coop/r/1/f1_f2': 'passed', 'coop/r/1/f1_f2@2': 'failed', 'coop/r/1/f1_f2@3': 'error' },
    ...{ 'coop/r/1/f1_f3': 'passed' },
  } as const satisfies Record<string, Status>;
  const [coop] = listCoordinationDeficits({
    by_setting: by_setting('coop', 'solo'),
    results: Object.entries(verdicts).map(([run, status]) => ({ run, status })),
  });
  expect(coop && formatDeficitLine(coop)).toBe(
    'Coordination deficit: 25.0% (of 2 pairs judged in both settings, solo passes 2 and coop 1.5)',
  );
});

test('without a success of solo there is no deficit to state', () => {
  const lines = [
    results({ coop: ['passed'], solo: ['failed'] }),
    results({ coop: ['passed'], solo: ['error'] }),
  ].flatMap((all) => listCoordinationDeficits(all).map(formatDeficitLine));
  expect(lines).toEqual([
    'Coordination deficit: n/a (of 1 pair judged in both settings, solo passes 0 and coop 1)',
    'Coordination deficit: n/a (no pair is judged in both settings)',
  ]);
});

test('how a setting is judged, not its name, says whether it is the baseline', () => {
  const deficits = listCoordinationDeficits(
    results({ team: ['failed'], 'solo-planned': ['passed'], 'solo-twice': ['passed'], coop: ['passed'] }),
  );
  expect(deficits.map(({ baseline, setting }) => [baseline, setting])).toEqual([
    ['solo-planned', 'team'],
    ['solo-planned', 'coop'],
  ]);
});

test('one setting alone has none', () => {
  expect(listCoordinationDeficits(results({ solo: ['passed'] }))).toEqual([]);
  expect(listCoordinationDeficits(results({ coop: ['passed'] }))).toEqual([]);
});
