import { readFileSync } from 'node:fs';
import { hostSandbox, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../sandbox/command.ts';

const program = readFileSync(new URL('./join.sh', import.meta.url), 'utf8');

for (const { name, path, isMissing } of testShells())
  describe.skipIf(isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${name} (needs ${name})`,
    () => {
      test('a seat gets a branch and the remote, once, however often it joins', async () => {
        await using sandbox = await hostSandbox(undefined, { path });
        for (const helper of ['/first/team', '/second/team']) {
          const { exitCode } = await runCommand(sandbox, ['sh', '-c', program, 'sh', helper, 'agent1']);
          expect(exitCode).toBe(0);
        }
        const ask = 'git symbolic-ref --short HEAD; git remote get-url team; git config user.email';
        const { stdout } = await runCommand(sandbox, ['sh', '-c', ask]);
        expect(stdout.toString()).toBe('agent1\next::/second/team %S\nagent1@cooperbench.local\n');
      });

      test('a folder without a repository fails', async () => {
        await using sandbox = await hostSandbox(undefined, { path });
        const { exitCode } = await runCommand(sandbox, ['sh', '-c', program, 'sh', '/x', 'agent1'], {
          cwd: '/',
        });
        expect(exitCode).not.toBe(0);
      });
    },
  );
