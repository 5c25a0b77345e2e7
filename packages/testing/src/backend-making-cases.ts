// This file has more than 250 lines, because it is one list of short, independent cases.
import assert from 'node:assert/strict';
import { type StdioOptions, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox, SandboxSpec } from '@cooperbench/core';
import { ConfigError, CooperBenchError } from '@cooperbench/core';
import {
  type BackendCase,
  type BackendSubject,
  readOutput,
  shell,
  withFreshSandbox,
} from './backend-subject.ts';

/** Promises about creating sandboxes and isolating them. */
export const makingCases: readonly BackendCase[] = [
  {
    name: 'sandboxes created concurrently are separate and say what they were created from',
    check: async (subject) => {
      const sandboxes = await allOrNone(
        Array.from({ length: 8 }, () => subject.backend.create(subject.spec())),
      );
      try {
        assert.equal(new Set(sandboxes.map(({ id }) => id)).size, 8);
        assert.equal(new Set(sandboxes.map(({ origin }) => origin.reference)).size, 1);
        assert.notEqual(sandboxes[0]?.origin.reference, '');
        await Promise.all(
          sandboxes.map((sandbox) => sandbox.writeFile(`${sandbox.patchesDir}/id`, sandbox.id)),
        );
        const outputs = await Promise.all(
          sandboxes.map(async (sandbox) => Buffer.from(await sandbox.readFile(`${sandbox.patchesDir}/id`))),
        );
        assert.deepEqual(
          outputs.map(String),
          sandboxes.map(({ id }) => id),
        );
      } finally {
        await Promise.all(sandboxes.map((sandbox) => sandbox[Symbol.asyncDispose]()));
      }
    },
  },
  {
    name: 'a sandbox created after another one starts fresh',
    check: async (subject) => {
      await withFreshSandbox(subject, async (first) => {
        await first.writeFile(`${first.repoDir}/mine`, 'x');
        await first.writeFile(`${first.patchesDir}/mine`, 'x');
      });
      await withFreshSandbox(subject, async (second) => {
        const args = [second.patchesDir];
        assert.doesNotMatch(await readOutput(second, 'ls -A . "$1"', { args }), /mine/);
      });
    },
  },
  {
    name: 'any name and any labels that a spec may have are taken',
    check: async (subject) => {
      const name = `0--${randomUUID()}`.padEnd(63, '-x0');
      const labels = {
        run: 'My run_1.2',
        trial: 'coop/a_task/1/f1_f2',
        seat: '',
        odd: '"é漢\\ $x\'='.repeat(20),
      };
      const spec = { ...subject.spec(), name, labels };
      await withFreshSandbox({ ...subject, spec: () => spec }, async (sandbox) => {
        assert.equal(await readOutput(sandbox, 'echo well'), 'well\n');
      });
    },
  },
  {
    name: 'untrusted work gets a sandbox or a ConfigError, the same before a run as during it',
    check: async (subject) => {
      const { backend } = subject;
      const refusal = (work: Promise<unknown> | undefined): Promise<unknown> =>
        Promise.resolve(work).then(
          () => undefined,
          (error: unknown) => error,
        );
      const firstRefusal = await refusal(backend.preflight?.({ untrusted: true }));
      const spec = { ...subject.spec(), untrusted: true };
      const within = await refusal(withFreshSandbox({ ...subject, spec: () => spec }, async () => {}));
      assert.equal(
        codeOf(within),
        codeOf(firstRefusal),
        `before the run: ${firstRefusal}; within it: ${within}`,
      );
      assert.ok(firstRefusal === undefined || ConfigError.is(firstRefusal), String(firstRefusal));
    },
  },
  {
    name: 'preflight resolves with lines for the user, however often it is called',
    check: async ({ backend }) => {
      for (let call = 0; call < 2; call += 1) {
        const lines = (await backend.preflight?.({ untrusted: false })) ?? [];
        assert.ok(Array.isArray(lines));
        for (const line of lines) assert.match(line, /^[^\n]+$/);
      }
    },
  },
  {
    name: 'preflight changes nothing: no network, image, file or sandbox is left',
    needs: 'changes',
    check: async (subject) => {
      const changes = await subject.recordChanges?.(async (freshBackend) => {
        for (const untrusted of [false, true])
          await freshBackend.preflight?.({ untrusted }).catch((error: unknown) => {
            if (!ConfigError.is(error)) throw error;
          });
      });
      assert.deepEqual(changes, []);
    },
  },
  {
    name: 'clean leaves the sandboxes of a live run alone',
    check: (subject) =>
      withFreshSandbox(subject, async (sandbox) => {
        const removed = (await subject.backend.clean?.()) ?? [];
        assert.ok(removed.every((name) => name !== sandbox.id));
        assert.equal(await readOutput(sandbox, 'echo well'), 'well\n');
      }),
  },
  {
    name: 'no sandbox is made when the signal has aborted',
    check: async (subject) => {
      const signal = AbortSignal.abort(new Error('enough'));
      await assert.rejects(subject.backend.create(subject.spec(), { signal }), /enough/);
    },
  },
  {
    name: 'a create that is aborted leaves nothing, and the next one works',
    needs: 'listing',
    check: async (subject) => {
      const names: string[] = [];
      for (const wait of [0, 5, 20, 60, 150]) {
        const spec = subject.spec();
        names.push(spec.name);
        const controller = new AbortController();
        setTimeout(() => controller.abort(new Error('enough')), wait);
        const sandbox = await subject.backend
          .create(spec, { signal: controller.signal })
          .catch((error: unknown) => {
            assert.match(String(error), /enough/);
            return undefined;
          });
        await sandbox?.[Symbol.asyncDispose]();
      }
      await delay(500);
      const presentNames = (await subject.present?.()) ?? [];
      assert.deepEqual(
        presentNames.filter((candidate) => names.some((name) => candidate.includes(name))),
        [],
      );
      await withFreshSandbox(subject, async (sandbox) => {
        assert.equal(await readOutput(sandbox, 'echo well'), 'well\n');
      });
    },
  },
  {
    name: 'what is kept of a sandbox is in later ones that ask for it, and in no other',
    check: async (subject) => {
      const { backend } = subject;
      const keptName = randomUUID();
      const hasKept = async (): Promise<boolean | undefined> =>
        backend.hasKept?.({ ...subject.spec(), kept: keptName });
      if ((await hasKept()) === undefined) return;
      assert.equal(await hasKept(), false);
      const withKept: BackendSubject = { ...subject, spec: () => ({ ...subject.spec(), kept: keptName }) };
      const missing = withFreshSandbox(withKept, async () => {});
      await assert.rejects(missing, (error) => codeOf(error) === 'SANDBOX_KEPT');
      const script = 'cat kept "$HOME/kept" 2>/dev/null; stat -c %Y kept 2>/dev/null';
      await withFreshSandbox(subject, async (sandbox) => {
        await readOutput(sandbox, 'echo one >kept; echo two >"$HOME/kept"; touch -d @1000000000 kept');
        await sandbox.keep?.(keptName);
      });
      assert.equal(await hasKept(), true);
      for (let time = 0; time < 2; time += 1)
        await withFreshSandbox(withKept, async (sandbox) => {
          assert.equal(await readOutput(sandbox, script), 'one\ntwo\n1000000000\n');
          await readOutput(sandbox, 'echo changed >kept');
        });
      await withFreshSandbox(subject, async (sandbox) => {
        assert.equal((await shell(sandbox, script)).stdout.toString(), '');
      });
    },
  },
  {
    name: 'a sandbox has the processors and the memory that it needs, or is refused by name',
    check: async (subject) => {
      const withNeeds = (needs: Pick<SandboxSpec, 'cpus' | 'memoryMiB'>): BackendSubject => ({
        ...subject,
        spec: () => ({ ...subject.spec(), ...needs }),
      });
      const [cpus, memoryMiB] = [1, 256];
      await withFreshSandbox(withNeeds({ cpus, memoryMiB }), async (sandbox) => {
        const limits =
          'for name in cpu memory; do cat /sys/fs/cgroup/$name.max || echo max; done 2>/dev/null';
        const [cpu = '', memory = ''] = (await readOutput(sandbox, limits)).split('\n');
        const [quota = 'max', period] = cpu.split(' ');
        assert.ok(quota === 'max' || Number(quota) / Number(period) >= cpus, `it may use ${cpu}`);
        assert.ok(memory === 'max' || Number(memory) >= memoryMiB * 2 ** 20, `it has ${memory} bytes`);
      });
      const { backend, present = async () => [] } = subject;
      for (const [needs, name] of [
        [{ cpus: 1e6 }, /processor|cpu/i],
        [{ memoryMiB: 2 ** 30 }, /memory/i],
      ] as const) {
        const spec = withNeeds(needs).spec();
        const isRefusal = (error: unknown): boolean => CooperBenchError.is(error) && name.test(error.message);
        await assert.rejects(async () => {
          await using _made = await backend.create(spec);
        }, isRefusal);
        assert.ok(
          !(await present()).some((candidate) => candidate.includes(spec.name)),
          'a refused sandbox is left',
        );
        if (backend.preflight)
          await assert.rejects(async () => backend.preflight?.({ untrusted: false, ...needs }), isRefusal);
      }
    },
  },
  {
    name: "sandboxes of one task do not see each other's work",
    check: (subject) =>
      withFreshSandbox(subject, (sandbox) =>
        withFreshSandbox(subject, async (secondSandbox) => {
          assert.notEqual(sandbox.id, secondSandbox.id);
          await sandbox.writeFile(`${sandbox.repoDir}/mine`, 'x');
          await sandbox.writeFile(`${sandbox.patchesDir}/mine`, 'x');
          await shell(sandbox, 'echo x >"$HOME/mine"; echo x >"${TMPDIR:-/tmp}/mine"');
          const script = 'ls -A . "$1" "$HOME" "${TMPDIR:-/tmp}"';
          assert.doesNotMatch(
            await readOutput(secondSandbox, script, { args: [secondSandbox.patchesDir] }),
            /mine/,
          );
        }),
      ),
  },
  {
    name: 'golden patches and hidden tests are out of reach',
    needs: 'isolation',
    check: (subject) => {
      const spec = subject.spec();
      return withFreshSandbox({ ...subject, spec: () => spec }, async (sandbox) => {
        assert.equal((await shell(sandbox, '[ ! -e "$1" ]', { args: [spec.taskDir] })).exitCode, 0);
        const script =
          'find / -path /proc -prune -o -path /sys -prune -o \\( -name tests.patch -o -name feature.patch -o -name combined.patch \\) -print 2>/dev/null';
        assert.equal(await readOutput(sandbox, script), '');
      });
    },
  },
  {
    name: 'what runs in one sandbox cannot be seen from another',
    needs: 'isolation',
    check: (subject) =>
      withFreshSandbox(subject, (sandbox) =>
        withFreshSandbox(subject, async (secondSandbox) => {
          const mark = randomUUID();
          const process = await sandbox.exec(['sh', '-c', 'echo ready; read -r word', mark]);
          await process.stdout.getReader().read();
          // Two arguments, so that the searching process does not find the mark in its own command line.
          const lookScript =
            'seen=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "); case $seen in *"$1$2"*) exit 0 ;; *) exit 1 ;; esac';
          const args = [mark.slice(0, 9), mark.slice(9)];
          assert.notEqual((await shell(secondSandbox, lookScript, { args })).exitCode, 0);
          await process.kill();
        }),
      ),
  },
  {
    name: 'a file descriptor that the host process inherited stays on the host',
    needs: 'plugin',
    check: async ({ plugin, spec }) => {
      const argv = [
        '--input-type=module',
        '-e',
        listDescriptors,
        JSON.stringify({ ...plugin, spec: spec() }),
      ];
      await using secret = await open(process.execPath);
      // A high number, because Node itself closes the descriptors up to the first gap.
      const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
      for (let fd = 3; fd < 200; fd += 1) stdio.push('ignore');
      stdio.push(secret.fd);
      const host = spawn(process.execPath, argv, { stdio });
      const [stdout, stderr, [code]] = await Promise.all([
        text(host.stdout as Readable),
        text(host.stderr as Readable),
        once(host, 'close'),
      ]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, / 2 -> /);
      assert.doesNotMatch(stdout, / 200 -> (?!\/dev\/null$)/m);
    },
  },
];

/** Prints the open file descriptors of a process in a sandbox. */
const listDescriptors = `
const { module, backend: name, options = {}, spec } = JSON.parse(process.argv[1]);
const { default: plugin } = await import(module);
const backend = await plugin().backends[name].create(options);
const sandbox = await backend.create(spec);
const { stdout, wait } = await sandbox.exec(['ls', '-l', '/proc/self/fd']);
for await (const chunk of stdout) process.stdout.write(chunk);
await wait();
await sandbox[Symbol.asyncDispose]();
await backend[Symbol.asyncDispose]?.();
`;

function codeOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return CooperBenchError.is(error) ? error.code : String(error);
}

/** Resolves with all sandboxes. Disposes the others when one cannot be created. */
async function allOrNone(making: readonly Promise<Sandbox>[]): Promise<Sandbox[]> {
  const results = await Promise.allSettled(making);
  const sandboxes = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failedResult = results.find((result) => result.status === 'rejected');
  if (failedResult === undefined) return sandboxes;
  await Promise.all(sandboxes.map((sandbox) => sandbox[Symbol.asyncDispose]()));
  throw failedResult.reason;
}
