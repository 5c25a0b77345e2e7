import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover, select } from '../../packages/runs/dist/index.js';
import { reply } from '../child.ts';

/** How long one of two works takes in a process that has just loaded core. Arguments: `pairs` or `files`, a dataset. */
const [operation = '', directory = ''] = process.argv.slice(2);
const work = operation === 'pairs' ? findPairs : readFiles;
const started = performance.now();
const taskCount = work(directory);
const time = performance.now() - started;
if (taskCount === 0) throw new Error(`there are no ${operation} in ${directory}`);
reply(time);

function findPairs(directory: string): number {
  return select(discover(directory)).length;
}

/** Reads the floor: lists every folder and reads every feature.md. By hand: readdir's `recursive` takes longer. */
function readFiles(folder: string): number {
  let readCount = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) readCount += readFiles(path);
    else if (entry.name === 'feature.md') readCount += readFileSync(path).length;
  }
  return readCount;
}
