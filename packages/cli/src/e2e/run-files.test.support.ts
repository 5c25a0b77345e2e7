import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scratch } from './cli.test.support.ts';

export function readJson<T = Record<string, unknown>>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}

/**
 * Returns every file and link below a folder, by path, sorted. No link is followed: packages of the workspace link each other.
 */
export function filesBelow(folder: string): string[] {
  const paths = (below: string): string[] =>
    readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      const path = join(below, entry.name);
      return entry.isDirectory() ? paths(path) : [path];
    });
  return paths('').sort();
}

/** What may differ between two runs of the same: ids, times, durations, and how much was found done already. */
const incidental = new Set([
  'run_id',
  'started_at',
  'ended_at',
  'created_at',
  'completed_at',
  'evaluated_at',
  'time',
  'timestamp',
  'duration_seconds',
  'total_time_seconds',
  'skipped',
]);

/**
 * Returns the content of a run's files, without what may differ between two runs: the ledger also has attempts that were lost.
 */
export function contentOf(scratch: Scratch, run: string): Record<string, unknown> {
  const folder = join(scratch.logs, run);
  const names = filesBelow(folder).filter((name) => name !== 'ledger.jsonl');
  return Object.fromEntries(names.map((name) => [name, normalised(scratch, join(folder, name))]));
}

function normalised(scratch: Scratch, path: string): unknown {
  const text = readFileSync(path, 'utf8')
    .replaceAll(scratch.root, '<root>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<message>')
    .replaceAll(/\b[0-9a-f]{40}\b/g, '<commit>')
    // The place of an answer in its trajectory, which depends on when messages of peers arrive.
    .replaceAll(/"message":\d+/g, '"message":"<place>"')
    .replaceAll(/cooperbench-local-\w+\/(\S+?)-[0-9a-f]{8}-\d+"/g, '<sandbox>/$1"');
  if (path.endsWith('_traj.json'))
    return { ...strip(JSON.parse(text)), messages: ownMessages(JSON.parse(text)) };
  if (path.endsWith('.json')) return strip(JSON.parse(text));
  // Two seats at once: which of them was first is chance.
  if (path.endsWith('.jsonl'))
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.stringify(strip(JSON.parse(line))))
      .sort();
  return text;
}

/** Without those of peers, which arrive between any two steps. */
function ownMessages({ messages }: { messages: { content: string }[] }): unknown[] {
  return messages
    .filter(({ content }) => !content.startsWith('[Message from '))
    .map((message) => strip(message));
}

function strip<T>(value: T): T {
  if (Array.isArray(value)) return value.map(strip) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, incidental.has(key) ? `<${key}>` : strip(inner)]),
  ) as T;
}
