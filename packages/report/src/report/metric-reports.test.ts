import type { RecordedMetric } from '@cooperbench/records';
import { describe, expect, test } from 'vitest';
import { csv } from '../formats/csv.ts';
import { buildTrialTable } from '../show/trial-table.ts';
import { trial } from '../trials/trial.test.support.ts';
import { listMetricReports } from './metric-reports.ts';
import { report } from './report.ts';
import { sections } from './sections.ts';

const claim = (value: number): RecordedMetric => ({
  name: 'claim',
  title: 'first claim',
  unit: 's',
  better: 'lower',
  value,
});
const trials = [
  trial({ task: 'a_task/1', pair: 'a_task/1/f1_f2', metrics: [claim(2), { name: 'agreed', value: true }] }),
  trial({ task: 'a_task/1', pair: 'a_task/1/f1_f2', metrics: [claim(4), { name: 'agreed', value: false }] }),
  trial({ task: 'a_task/2', pair: 'a_task/2/f1_f2', metrics: [claim(7), { name: 'tone', value: 'kind' }] }),
];

describe('metrics of plugins', () => {
  test('have a mean over pairs and an interval, without code that knows them', () => {
    const [metricReport, agreed, tone] = listMetricReports(trials);
    // Pairs 3 and 7; V = (2/1)·(4+4)/4 = 4; t with one degree of freedom is 12.706.
    expect(metricReport).toMatchObject({ name: 'claim', unit: 's', better: 'lower', trials: 3, mean: 5 });
    expect(metricReport?.interval?.map((end) => Math.round(end * 100) / 100)).toEqual([-20.41, 30.41]);
    expect(agreed).toMatchObject({ mean: 0.5, interval: null, trials: 2 });
    expect(tone).toMatchObject({ mean: null, texts: [['kind', 1]], trials: 1 });
  });

  test('that all trials have in the same way have no interval, and no share lies outside of 0 and 1', () => {
    const at = (task: number, value: number | boolean) =>
      trial({ task: `a/${task}`, pair: `a/${task}/f1_f2`, metrics: [{ name: 'm', value }] });
    expect(listMetricReports([at(1, 0.1), at(2, 0.1), at(3, 0.1)])).toMatchObject([
      { interval: null, clusters: 3 },
    ]);
    expect(listMetricReports([at(1, 0), at(2, 0)])).toMatchObject([{ mean: 0, interval: null }]);
    const [shares] = listMetricReports([at(1, true), at(2, true), at(3, false)]);
    expect(shares?.interval).toEqual([0, 1]);
  });

  const run = { name: 'x', directory: '/x', trials, discarded_costs: {}, problems: [] };

  test('are columns of the report, of JSON, of CSV and of show', () => {
    const made = report([run]);
    expect(made.conditions[0]?.metrics.map(({ name }) => name)).toEqual(['claim', 'agreed', 'tone']);
    const section = sections(made).find(({ title }) => title === 'Metrics');
    expect(section?.table.head).toEqual([
      ...['Condition', 'first claim (s)', '95% interval', 'agreed', '95% interval', 'tone', '95% interval'],
    ]);
    expect(section?.table.rows[0]?.slice(1)).toEqual([
      ...['5', '-20.412 to 30.412', '0.5', 'not estimable', 'kind: 1', ''],
    ]);
    expect(section?.notes).toContain('Better is a lower first claim (s).');
    const [head, first, , third] = csv([run])
      .split('\r\n')
      .map((line) => line.split(','));
    expect(head?.slice(-3)).toEqual(['claim', 'agreed', 'tone']);
    expect(first?.slice(-3)).toEqual(['2', 'true', '']);
    expect(third?.slice(-3)).toEqual(['7', '', 'kind']);
    const [rows, { head: shownLines }] = buildTrialTable(trials);
    expect(shownLines).toEqual(expect.arrayContaining(['first claim (s)', 'agreed', 'tone']));
    expect(rows[0]).toEqual(expect.arrayContaining(['2', 'yes', 'n/a']));
  });

  test('that nobody measured are no table', () => {
    expect(
      sections(report([{ ...run, trials: [trial({ task: 'a_task/1', pair: 'a_task/1/f1_f2' })] }])).map(
        ({ title }) => title,
      ),
    ).not.toContain('Metrics');
  });
});
