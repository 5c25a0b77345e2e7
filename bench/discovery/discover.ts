import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover, select } from '../../packages/runs/dist/index.js';
import { answer } from '../child.ts';

/** How long one of two works takes in a process that has just loaded core. Arguments: `pairs` or `files`, a dataset. */
const [what = '', directory = ''] = process.argv.slice(2);
const work = what === 'pairs' ? findPairs : readFiles;
const started = performance.now();
const found = work(directory);
const time = performance.now() - started;
if (found === 0) throw new Error(`there are no ${what} in ${directory}`);
answer(time);

function findPairs(directory: string): number {
  return select(discover(directory)).length;
}

/** The floor: lists every folder and reads every feature.md. By hand: readdir's `recursive` takes longer. */
function readFiles(folder: string): number {
  let read = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) read += readFiles(path);
    else if (entry.name === 'feature.md') read += readFileSync(path).length;
  }
  return read;
}
