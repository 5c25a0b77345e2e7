import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisOwner } from '@cooperbench/core';
import { expect } from 'vitest';
import type { LockRequest } from './lock-process.test.support.ts';

const processes = 4;

/** What a round begins with. The owners are dead. */
const beginnings = [[], ['.lock'], ['.lock'], ['.lock', '.lock.takeover'], ['.lock.takeover']] as const;

/**
 * Lets four processes take one lock at the same time, again and again. In half of the rounds, the one that has it keeps it: then
 * the others are refused. In the other half, each releases it at once: then no two have it at the same time.
 */
export async function contendForLocks(rounds: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'cooperbench-locks-'));
  const program = new URL('lock-process.test.support.ts', import.meta.url).pathname;
  const options = { execArgv: ['--conditions=@cooperbench/source', '--disable-warning=ExperimentalWarning'] };
  const children = Array.from({ length: processes }, () => fork(program, [], options));
  const askOne = async (child: (typeof children)[number], request: LockRequest): Promise<string> => {
    child.send(request);
    const [answer] = await once(child, 'message');
    return answer;
  };
  try {
    for (let round = 0; round < rounds; round += 1) {
      const folder = join(root, String(round));
      mkdirSync(folder);
      const dead = JSON.stringify({ ...thisOwner(), startedAt: '1' });
      const beginning = beginnings[round % beginnings.length] ?? [];
      for (const name of beginning) writeFileSync(join(folder, name), dead);
      const mode = Math.floor(round / beginnings.length) % 2 === 0 ? 'hold' : 'release';
      const request = { path: join(folder, '.lock'), mode } as const;
      const answers = await Promise.all(children.map((child) => askOne(child, request)));
      const about = `round ${round}, ${mode}, after ${beginning.join(' and ') || 'nothing'}`;
      if (mode === 'hold') {
        expect(answers.toSorted(), about).toEqual(['refused', 'refused', 'refused', 'taken']);
        const holder = children[answers.indexOf('taken')] as (typeof children)[number];
        expect(await askOne(holder, request)).toBe('released');
      } else {
        expect(answers, about).toContain('taken');
        for (const answer of answers) expect(['taken', 'refused'], about).toContain(answer);
      }
      // A dead guard stays until somebody needs it.
      expect(readdirSync(folder), about).toEqual(beginning[0] === '.lock.takeover' ? beginning : []);
    }
  } finally {
    for (const child of children) child.kill();
    rmSync(root, { recursive: true, force: true });
  }
}
