import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { downloadScript } from './download.ts';
import { unpackFromNpm } from './npm.ts';
import { installPython } from './python.ts';

/** What `uname -m` prints here. The shell of busybox takes its own `uname`, whatever is on PATH. */
const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** Leaves dash an image with these programs of the machine and the fakes of a test. That of busybox is as bare. */
const bareImage = `mkdir /opt/bin
for name in basename cat chmod env gzip ls mkdir mv rm tar timeout uname wget; do
  ln -s "$(command -v "$name")" "/opt/bin/$name"
done
PATH=/opt/test:/opt/bin:/usr/local/bin
`;

/** A download whose content is the folder \`package\`, or the fake of uv. Says what was asked for. */
const curl = `for last; do :; done
echo "curl $last" >> /opt/asked
while [ "$1" != -o ]; do shift; done
mkdir -p /opt/made/package "/opt/made/uv-${machine}-unknown-linux-musl"
echo hello > /opt/made/package/file
printf '#!/bin/sh\\necho "uv $* $UV_DEFAULT_INDEX $(cat pins 2> /dev/null)" >> /opt/asked\\n[ "$1 $FAILS" != "venv yes" ]\\n' > "/opt/made/uv-${machine}-unknown-linux-musl/uv"
case $last in *.tgz) made=package ;; *) made=uv-${machine}-unknown-linux-musl ;; esac
tar -czf "$2" -C /opt/made "$made"`;

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      const isDash = shell.name === 'dash';
      const bare = isDash ? bareImage : '';
      const run = (script: string, programs: Readonly<Record<string, string>> = {}, env = {}) =>
        runInShell(shell, script, [], { programs, env });

      // The shell of busybox always has wget.
      test.for(['curl', 'python3', 'node', ...(isDash ? ['perl'] : [])])(
        'download.sh downloads with %s',
        async (program) => {
          const say = 'echo "$0"; for last; do before=$given; given=$last; done; echo "$before $given"';
          const script = `PATH=/opt/test\n${downloadScript}\ndownload http://a/b /opt/file`;
          const { exitCode, stdout } = await run(script, { [program]: say });
          expect(exitCode).toBe(0);
          const [name, args] = stdout.split('\n');
          expect(name).toBe(`/opt/test/${program}`);
          expect(args?.split(' ').toSorted()).toEqual(['/opt/file', 'http://a/b']);
        },
      );

      test('download.sh downloads with wget', async () => {
        const server = createServer((_, response) => void response.end('hello')).listen(0, '127.0.0.1');
        onTestFinished(() => void server.close());
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        const script = `${bare}${downloadScript}\ndownload http://127.0.0.1:${port}/file /opt/file && cat /opt/file`;
        expect(await run(script)).toEqual({ exitCode: 0, stdout: 'hello', stderr: '' });
      });

      if (isDash)
        test('download.sh names the programs of which it needs one', async () => {
          const script = `PATH=/opt/test\n${downloadScript}\ndownload http://a/b /opt/file`;
          expect(await run(script)).toEqual({
            ...{ exitCode: 1, stdout: '' },
            stderr: 'The image needs curl, python3, node, wget or perl to download http://a/b.\n',
          });
        });

      test.for([
        ['', 'pack --silent @a/b@1.0'],
        ['http://mirror', 'pack --silent --registry http://mirror @a/b@1.0'],
      ])('npm.sh unpacks a package with npm and the registry "%s"', async ([registry, asked]) => {
        const npm =
          'echo "$*" > /opt/asked; mkdir package; echo hello > package/file; tar -czf a-b-1.0.tgz package; rm -r package';
        const script = `registry=${registry}\n${unpackFromNpm}\nmkdir /opt/here; cd /opt/here; unpack @a/b 1.0 && ls && cat package/file /opt/asked`;
        expect(await run(script, { npm })).toEqual({
          ...{ exitCode: 0, stderr: '' },
          stdout: `package\nhello\n${asked}\n`,
        });
      });

      test.for([
        ['', 'https://registry.npmjs.org'],
        ['http://mirror', 'http://mirror'],
      ])('npm.sh downloads a package without npm from the registry "%s"', async ([registry, from]) => {
        const script = `${bare}registry=${registry}\n${unpackFromNpm}\nmkdir /opt/here; cd /opt/here; unpack @a/b 1.0 && ls && cat package/file /opt/asked`;
        expect(await run(script, { curl })).toEqual({
          ...{ exitCode: 0, stderr: '' },
          stdout: `package\nhello\ncurl ${from}/@a/b/-/b-1.0.tgz\n`,
        });
      });

      test('npm.sh knows the processor', async () => {
        expect(await run(`${unpackFromNpm}\narch`)).toMatchObject({
          exitCode: 0,
          stdout: `${process.arch}\n`,
        });
      });

      if (isDash)
        test.for([
          ['amd64', 0, 'x64\n', ''],
          ['aarch64', 0, 'arm64\n', ''],
          ['riscv64', 1, '', 'There is no build for riscv64.\n'],
        ] as const)('npm.sh knows the processor %s', async ([name, exitCode, stdout, stderr]) => {
          const programRun = await run(`${unpackFromNpm}\narch`, { uname: `echo ${name}` });
          expect(programRun).toEqual({ exitCode, stdout, stderr });
        });

      const install = installPython({
        ...{ directory: '/opt/framework', python: '>=3.11', packages: "'mini==1' other", pins: 'a==1 b==2' },
        before: 'echo "first in $PWD" >> /opt/asked',
      });
      const uv = 'https://github.com/astral-sh/uv/releases/download/0.13.9';

      test.for([
        ['', 'https://pypi.org/simple'],
        ['http://mirror', 'http://mirror'],
      ])('python.sh makes an environment with the registry "%s"', async ([registry, index]) => {
        const script = `${bare}registry=${registry}\n${install}\ncat /opt/asked; ls /opt/framework`;
        expect(await run(script, { curl })).toEqual({
          ...{ exitCode: 0, stderr: '' },
          stdout: `curl ${uv}/uv-${machine}-unknown-linux-musl.tar.gz
first in /opt/framework
uv venv -q --clear --python >=3.11 venv ${index} 
uv pip install -q --python venv/bin/python --compile-bytecode --override without --constraint pins mini==1 other ${index} a==1
b==2
`,
        });
      });

      test('python.sh says which Python is missing', async () => {
        const { exitCode, stderr } = await run(`${bare}registry=\n${install}`, { curl }, { FAILS: 'yes' });
        expect(exitCode).toBe(1);
        expect(stderr).toMatch(/^This needs Python >=3\.11\. The image has none, /);
      });

      if (isDash)
        test('python.sh refuses a processor without a uv', async () => {
          expect(await run(`${bare}registry=\n${install}`, { uname: 'echo s390x' })).toEqual({
            ...{ exitCode: 1, stdout: '' },
            stderr: 'There is no uv for s390x.\n',
          });
        });
    },
  );
