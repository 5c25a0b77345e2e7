import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromChildProcess } from './child-process.ts';
import type { StartedProcess } from './driver.ts';
import { fittingCommand, shellCommand } from './shell-command.ts';

const odd = ['printf', '%s|', "it's", 'a b', '$HOME', '', 'two\nlines', '"\\'];

const start = async ([file = '', ...args]: readonly string[]): Promise<StartedProcess> => {
  const child = spawn(file, args);
  return fromChildProcess(child, () => void child.kill());
};

test('a shell runs the arguments as they are', () => {
  expect(execFileSync('sh', ['-c', shellCommand(odd)]).toString()).toBe(`${odd.slice(2).join('|')}|`);
});

test('a command that fits is left alone', async () => {
  expect(await fittingCommand(odd, 1000, () => expect.fail('started'))).toEqual(odd);
});

test('a command that is too long comes from a file, which is gone once it runs', async () => {
  const [shell = '', path = ''] = await fittingCommand(odd, 10, start);
  expect(execFileSync(shell, [path]).toString()).toBe(`${odd.slice(2).join('|')}|`);
  expect(existsSync(path)).toBe(false);
});
