import { maxOutput } from '@cooperbench/core';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { getTaskScript } from './task-script.ts';

/** Runs the commands of a container on this machine. `docker inspect` finds the container while there is a file `alive`. */
const docker = `case $1 in
  exec) shift 3; exec "$@" ;;
  run) shift; echo "$*" > /opt/run; : > /opt/alive ;;
  inspect) [ ! -e /opt/alive ] || echo true ;;
  restart) : > /opt/restarted ;;
esac`;

/** A job whose program hands on its input as the file \`state\`. Its steps print that file. */
const script = getTaskScript({
  ...{
    batch: 'b1',
    index: '$TASK',
    image: 'image:1',
    input: '/opt/in',
    repo: '/opt',
    objects: '/opt/objects',
  },
  ...{
    program:
      'read -r mark; mkdir -p "$2"; cat "$1/state"; echo; echo "$mark file state $(base64 < "$1/state")"',
  },
  ...{
    stepProgram: `cat; echo " $4"; case $4 in fail*) exit 5 ;; die) rm /opt/alive ;; long) head -c ${2 * maxOutput} /dev/zero ;; esac`,
  },
  ...{ protect: 'echo protected > /opt/protected', network: 'none' },
});

const input = (steps: string): string => `60 100000 state 1000\nMARK ${steps}\nMARK\n2\n:\nstate 5\nhello\n`;
const task = `mkdir -p /opt/objects && cat > /opt/objects/b1-7.input && sh -c "$1" && cat /opt/objects/b1-7.result`;

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      const run = (steps: string, before = '', after = '') =>
        runInShell(shell, `${before}\n${task}\n${after}`, [script], {
          ...{ programs: { docker }, env: { TASK: '7' }, stdin: input(steps) },
        });

      test('batch-task.sh writes what the program and each step came to', async () => {
        const { exitCode, stdout, stderr } = await run(
          'ok:state:60: fail1:state:60: again:state:60:failure skipped:state:60:success none:other:60:',
          '',
          'cat /opt/protected /opt/run; ls /opt',
        );
        expect([exitCode, stderr]).toEqual([0, '']);
        const lines = stdout.split('\n');
        expect(lines[0]).toMatch(/^0 \d+ $/);
        expect(stdout).toContain('MARK file state aGVsbG8=\n');
        const steps = lines
          .filter((line) => /^\w+ \d+ \d+ \S+ \d+ /.test(line))
          .map((line) => line.split(' '));
        expect(steps.map(([name, code, , ended]) => [name, code, ended])).toEqual([
          ['ok', '0', '-'],
          ['fail1', '5', '-'],
          ['again', '0', '-'],
        ]);
        expect(stdout).toContain('hello ok\n');
        expect(stdout).toMatch(
          /\nprotected\n--memory=\d+k --memory-swap=\d+k --name=cooperbench .*--network=none .*image:1 sh -c/,
        );
        // Its own files are gone.
        expect(stdout).not.toMatch(/\ntmp\./);
      });

      test('batch-task.sh does nothing when there is a result, or no input', async () => {
        const { stdout } = await run(
          'ok:state:60:',
          'mkdir -p /opt/objects; echo first > /opt/objects/b1-7.result',
        );
        expect(stdout).toBe('first\n');
        const none = await runInShell(
          shell,
          'mkdir /opt/objects; sh -c "$1"; echo $?; ls /opt/objects',
          [script],
          {
            ...{ programs: { docker }, env: { TASK: '7' } },
          },
        );
        expect(none.stdout).toBe('0\n');
      });

      test('batch-task.sh ends what is past a limit, and says so', async () => {
        const { stdout } = await run('long:state:60:', '', 'ls /opt/restarted');
        expect(stdout).toMatch(/\nlong \d+ \d+ output \d+ /);
        expect(stdout).toMatch(/\/opt\/restarted\n$/);
      });

      test('batch-task.sh says that the container has ended, and runs no step after', async () => {
        const { stdout } = await run('die:state:60: ok:state:60:');
        expect(stdout).toMatch(/\ndie 0 \d+ - \d+ \nhello die\nlost\n$|\nlost\n/);
        expect(stdout).not.toContain('hello ok');
      });

      test('batch-task.sh fails when the machine cannot run a container', async () => {
        const brokenSource = 'case $1 in run) echo "no space left" >&2; exit 125 ;; esac';
        const { exitCode, stderr } = await runInShell(shell, task, [script], {
          ...{ programs: { docker: brokenSource }, env: { TASK: '7' }, stdin: input('ok:state:60:') },
        });
        expect([exitCode, stderr]).toEqual([1, 'no space left\n']);
      });
    },
  );
