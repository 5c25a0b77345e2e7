import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox, SandboxProcess } from '@cooperbench/core';
import { SandboxError } from '@cooperbench/core';
import { type BackendCase, readOutput, shell, withFreshSandbox, withSandbox } from './backend-subject.ts';

/** A command that appends to a file for as long as it runs. */
const beat = 'sh -c \'while :; do echo beat >>"$1"; sleep 0.05; done\' sh "$1"';
/** A script whose grandchild does the same. */
const beating = `${beat} & wait`;

async function computeSize(sandbox: Sandbox, path: string): Promise<number> {
  return Number(await readOutput(sandbox, '[ ! -e "$1" ] || wc -c <"$1"', { args: [path] }));
}

async function beatsNoMore(sandbox: Sandbox, path: string): Promise<void> {
  await delay(100);
  const sizeBefore = await computeSize(sandbox, path);
  assert.notEqual(sizeBefore, 0, 'the file is gone');
  await delay(300);
  assert.equal(await computeSize(sandbox, path), sizeBefore, 'a process still runs');
}

/** Starts the script, ends it by `stop`, and checks that its grandchild has ended as well. */
async function grandchildEnds(
  sandbox: Sandbox,
  stop: (process: SandboxProcess) => Promise<void>,
  signal?: AbortSignal,
  script: string = beating,
): Promise<void> {
  const path = `${sandbox.patchesDir}/beats-${randomUUID()}`;
  const process = await sandbox.exec(['sh', '-c', script, 'sh', path], { signal });
  let hasEnded = false;
  const exit = process
    .wait()
    .catch(() => {})
    .finally(() => {
      hasEnded = true;
    });
  while ((await computeSize(sandbox, path)) === 0) {
    assert.equal(hasEnded, false, 'the command ended before its signal');
    await delay(20);
  }
  await stop(process);
  await exit;
  await beatsNoMore(sandbox, path);
}

/** A script that only SIGKILL ends. It prints `ready` when it ignores the other signals. */
const stubborn = "trap '' HUP INT QUIT TERM; echo ready; while :; do sleep 0.05; done";

const isSandboxError = (error: unknown): boolean => SandboxError.is(error);

/** Promises about cancelling commands, ending them, and disposing sandboxes. */
export const lifetimeCases: readonly BackendCase[] = [
  {
    name: 'a command whose signal has aborted already does not run',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const path = `${sandbox.patchesDir}/ran`;
        const signal = AbortSignal.abort(new Error('enough'));
        const run = async (): Promise<unknown> =>
          (await sandbox.exec(['sh', '-c', 'sleep 1; touch "$1"', 'sh', path], { signal })).wait();
        await assert.rejects(run, /enough/);
        await delay(1200);
        assert.equal((await shell(sandbox, '[ ! -e "$1" ]', { args: [path] })).exitCode, 0);
      }),
  },
  {
    name: 'abort ends a running command, whose wait rejects with the reason',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const controller = new AbortController();
        const process = await sandbox.exec(['sleep', '60'], { signal: controller.signal });
        setTimeout(() => controller.abort(new Error('enough')), 100);
        await assert.rejects(process.wait(), /enough/);
      }),
  },
  {
    name: 'abort right after the start ends the command as well',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const mark = `${sandbox.patchesDir}/aborted`;
        for (const wait of [0, 1, 3, 6, 10]) {
          const controller = new AbortController();
          const process = await sandbox.exec(['sh', '-c', 'sleep 600; : "$1"', 'sh', mark], {
            signal: controller.signal,
          });
          if (wait > 0) await delay(wait);
          controller.abort(new Error('enough'));
          await assert.rejects(process.wait(), /enough/);
        }
        // A command that starts late has this long to show itself. Two arguments, so that the search does not find itself.
        await delay(1500);
        const search =
          'seen=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "); case $seen in *"$1$2"*) echo left ;; esac';
        const { stdout } = await shell(sandbox, search, { args: [sandbox.patchesDir, '/aborted'] });
        assert.equal(String(stdout), '');
      }),
  },
  {
    name: 'an abort after the end changes nothing',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const controller = new AbortController();
        assert.equal((await shell(sandbox, 'exit 3', { signal: controller.signal })).exitCode, 3);
        controller.abort();
        assert.equal(await readOutput(sandbox, 'echo well'), 'well\n');
      }),
  },
  {
    name: 'abort ends grandchildren',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const controller = new AbortController();
        await grandchildEnds(sandbox, async () => controller.abort(new Error('enough')), controller.signal);
      }),
  },
  {
    name: 'abort ends grandchildren in their own session',
    needs: 'isolation',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const controller = new AbortController();
        const stop = async (): Promise<void> => controller.abort(new Error('enough'));
        await grandchildEnds(sandbox, stop, controller.signal, `setsid ${beating}`);
      }),
  },
  {
    name: 'abort ends a command that ignores signals',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const controller = new AbortController();
        const process = await sandbox.exec(['sh', '-c', stubborn], { signal: controller.signal });
        await process.stdout.getReader().read();
        controller.abort(new Error('enough'));
        await assert.rejects(process.wait(), /enough/);
      }),
  },
  {
    name: 'kill ends a command and its grandchildren',
    check: (subject) =>
      withSandbox(subject, (sandbox) => grandchildEnds(sandbox, (process) => process.kill())),
  },
  {
    name: 'kill after the end is harmless, and wait can be called again',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const process = await sandbox.exec(['sh', '-c', 'exit 5']);
        assert.equal(await process.wait(), 5);
        await process.kill();
        assert.equal(await process.wait(), 5);
      }),
  },
  {
    name: 'wait ends with the process, even while a child that it left running holds its outputs open',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const path = `${sandbox.patchesDir}/let-go`;
        const script = '(while [ ! -e "$1" ]; do sleep 0.1; done) & exit 7';
        const process = await sandbox.exec(['sh', '-c', script, 'sh', path]);
        assert.equal(await process.wait(), 7);
        await sandbox.writeFile(path, '');
      }),
  },
  {
    name: 'one exec ending leaves others alone',
    check: (subject) =>
      withSandbox(subject, async (sandbox) => {
        const lastingProcess = await sandbox.exec(['sh', '-c', 'read -r word; exit 9']);
        await shell(sandbox, 'exit 0');
        await (await sandbox.exec(['sleep', '60'])).kill();
        await lastingProcess.stdin.getWriter().write(Buffer.from('word\n'));
        assert.equal(await lastingProcess.wait(), 9);
      }),
  },
  {
    name: 'what an exec leaves behind ends with it, or by a restart, which keeps the files',
    needs: 'isolation',
    check: (subject) =>
      withFreshSandbox(subject, async (sandbox) => {
        const path = `${sandbox.patchesDir}/beats`;
        const leave = `setsid ${beat} >/dev/null 2>&1 & until [ -s "$1" ]; do sleep 0.05; done`;
        assert.equal((await shell(sandbox, leave, { args: [path] })).exitCode, 0);
        await sandbox.restart?.();
        await beatsNoMore(sandbox, path);
      }),
  },
  {
    name: 'disposing ends what runs, and its wait settles',
    check: async (subject) => {
      const sandbox = await subject.backend.create(subject.spec());
      const process = await sandbox.exec(['sleep', '60']);
      const settled = process.wait().then(
        (code) => assert.notEqual(code, 0),
        (error: unknown) => assert.ok(isSandboxError(error), String(error)),
      );
      await sandbox[Symbol.asyncDispose]();
      await settled;
    },
  },
  {
    name: 'disposing twice, even concurrently, is harmless',
    check: async (subject) => {
      const sandbox = await subject.backend.create(subject.spec());
      await Promise.all([sandbox[Symbol.asyncDispose](), sandbox[Symbol.asyncDispose]()]);
      await sandbox[Symbol.asyncDispose]();
    },
  },
  {
    name: 'a sandbox that was disposed of answers with SandboxErrors',
    check: async (subject) => {
      const sandbox = await subject.backend.create(subject.spec());
      await sandbox[Symbol.asyncDispose]();
      await assert.rejects(sandbox.exec(['true']), isSandboxError);
      await assert.rejects(sandbox.readFile(`${sandbox.repoDir}/README.md`), isSandboxError);
      await assert.rejects(sandbox.writeFile(`${sandbox.repoDir}/README.md`, 'x'), isSandboxError);
    },
  },
  {
    name: 'disposing ends, whatever runs and whatever signals it ignores',
    check: async (subject) => {
      const sandbox = await subject.backend.create(subject.spec());
      const process = await sandbox.exec(['sh', '-c', stubborn]);
      process.wait().catch(() => {});
      await process.stdout.getReader().read();
      await sandbox[Symbol.asyncDispose]();
    },
  },
];
