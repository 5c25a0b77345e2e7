import { execFile } from 'node:child_process';
import { constants, existsSync, statSync } from 'node:fs';
import { access, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildChildEnvironment } from '@cooperbench/core';
import { buildFailedCheck, buildPassedCheck, type Check } from './check.ts';

const GiB = 1024 ** 3;
/** Recommended free space. A sandbox of a sample task needs megabytes, the image of a public task gigabytes. */
const wantedGiB = 5;

/** Checks the requirements of every run on this machine. Node's version was checked before this file was loaded. */
export async function checkMachine(logsDir: string): Promise<Check[]> {
  const logs = resolve(logsDir);
  return [
    buildPassedCheck('node', process.version),
    await checkGit(),
    await checkLogs(logs),
    ...(await Promise.all([checkDisk(logs, 'results'), checkDisk(tmpdir(), 'temporary files')])),
  ];
}

async function checkGit(): Promise<Check> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version'], { env: buildChildEnvironment() });
    return buildPassedCheck('git', stdout.trim().replace('git version ', ''));
  } catch {
    return {
      what: 'git',
      status: 'problem',
      text: 'git is not on PATH.',
      hint: 'Install git. CooperBench applies and merges patches with it.',
    };
  }
}

/** Checks the log directory. If it does not exist, checks the nearest existing directory above it. */
async function checkLogs(logs: string): Promise<Check> {
  const existingPath = findNearestExisting(logs);
  const createRefusedCheck = (reason: string): Check => ({
    what: 'logs',
    status: 'problem',
    text: `Results cannot be written to ${logs}: ${reason}.`,
    hint: 'Choose another directory with --log-dir.',
  });
  if (!statSync(existingPath).isDirectory()) return createRefusedCheck(`${existingPath} is not a directory`);
  try {
    await access(existingPath, constants.W_OK | constants.X_OK);
    return buildPassedCheck('logs', `${logs} is writable`);
  } catch {
    return createRefusedCheck(`${existingPath} is not writable`);
  }
}

async function checkDisk(path: string, purpose: string): Promise<Check> {
  const existingPath = findNearestExisting(path);
  try {
    const { bavail, bsize } = await statfs(existingPath);
    const free = (bavail * bsize) / GiB;
    const text = `${free.toFixed(1)} GiB free for ${purpose} in ${existingPath}`;
    if (free >= wantedGiB) return buildPassedCheck('disk', text);
    return { what: 'disk', status: 'warning', text, hint: `Runs may need ${wantedGiB} GiB or more.` };
  } catch (error) {
    return buildFailedCheck('disk', 'warning', error);
  }
}

function findNearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : findNearestExisting(dirname(path));
}
