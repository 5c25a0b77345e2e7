import { expect, test } from 'vitest';
import { findAddress } from './address.ts';
import { getKey, urls } from './model.ts';

const hostile = ['coop/a_task/1/f1_f2@2', '..', '.', 'a b', "x'(*)!~", 'ä/%2F\\..', '=41', 'con:"<>|?'];

test.for(hostile)('%j becomes a segment of a URL that is a safe file name, and comes back', (name) => {
  expect(getKey(name)).toMatch(/^[\w=-]+$/);
  expect(findAddress(urls.pair('run', name))).toEqual({ kind: 'pair', run: 'run', trial: name });
});

test('every URL has its address', () => {
  expect(findAddress(urls.runs)).toEqual({ kind: 'runs' });
  expect(findAddress(urls.run('r'))).toEqual({ kind: 'run', run: 'r' });
  expect(findAddress(urls.report('r'))).toEqual({ kind: 'report', run: 'r' });
  expect(findAddress(urls.diffs('r', 't'))).toEqual({ kind: 'diffs', run: 'r', trial: 't' });
  expect(findAddress(urls.tests('r', 't'))).toEqual({ kind: 'tests', run: 'r', trial: 't' });
  expect(findAddress(urls.slice('r', 't', 'agent1', 3))).toEqual({
    kind: 'slice',
    run: 'r',
    trial: 't',
    seat: 'agent1',
    slice: 3,
  });
});

test.for([
  '',
  'data/',
  'data/runs/r/../../secret.json',
  'data/runs/%2e%2e/run.json',
  'data/runs/=2e=2e/run.json',
  'data/runs/=E4/run.json',
  'data/runs/a.b/run.json',
  'data/runs/r/pair.json',
  'data/runs/r/t/run.json',
  'data/runs/r/t/messages-1.json',
  'data/runs/r/t/s/x/pair.json',
  'data/runs/r/t/s/messages--1.json',
  'data/runs.json/',
])('%j is the URL of no document', (url) => {
  expect(findAddress(url)).toBeUndefined();
});
