import { expect, test } from 'vitest';
import type { Run } from '../trials/read-run.ts';
import { trial } from '../trials/trial.test.support.ts';
import { buildTrialTable, formatFaultLines } from './trial-table.ts';

test('a narrow terminal gets the columns that matter, with whole costs', () => {
  const trials = [trial({ task: 'a_task/1', pair: 'a_task/1/f1_f2', verdict: 'failed' })];
  const [wide, { head }] = buildTrialTable(trials);
  expect(head).toHaveLength(8);
  expect(wide[0]).toHaveLength(8);
  const [rows, narrow] = buildTrialTable(trials, 80);
  expect(narrow).toEqual({ head: ['Trial', 'Verdict', 'Cost', 'Why'], right: [2] });
  expect(rows).toEqual([['coop/a_task/1/f1_f2', ['yellow', 'failed'], wide[0]?.[5], wide[0]?.[7]]]);
});

test('channel faults are listed for each setting that has any', () => {
  const identity = (channel_faults: unknown) => ({ hash: '', identity: { channel_faults } });
  const settings = {
    coop: identity({ messages: { drop: 0.2, delay: 5 }, git: { silent: 'agent1' } }),
    team: identity(null),
    relay: identity({}),
  };
  expect(formatFaultLines({ config: { settings } as Run['config'] })).toEqual([
    'Faults of coop: messages.drop=0.2 messages.delay=5 git.silent=agent1',
  ]);
  expect(formatFaultLines({})).toEqual([]);
});
