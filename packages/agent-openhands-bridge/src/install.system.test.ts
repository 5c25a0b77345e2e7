import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { openHandsLayer } from './layer.ts';

/** Makes a virtual environment whose server prints its path. */
const uv = `echo "uv $* $UV_DEFAULT_INDEX" >> /opt/asked
if [ "$1" = venv ]; then
  mkdir -p venv/bin
  printf '#!/bin/sh\\necho "server of uv $*"\\n' > venv/bin/agent-server
  chmod 755 venv/bin/agent-server
fi`;

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      const run = (before: string, registry?: string) => {
        const { install } = openHandsLayer({ version: '1.2.3', ...(registry && { registry }) });
        const then = 'agent-server --port 1\ncat /opt/asked 2> /dev/null || :';
        // Only pip knows another index, and this machine's is none of the test's business.
        const programs = { uv, python3: 'exit 1' };
        return runInShell(shell, `${before}\n${install}\n${then}`, [], { programs });
      };

      test('install.sh installs the server with uv', async () => {
        const { exitCode, stdout, stderr } = await run('', 'http://mirror');
        expect([exitCode, stderr]).toEqual([0, '']);
        expect(stdout).toBe(`server of uv --port 1
uv venv --quiet --python 3.13 venv http://mirror
uv pip install --quiet --python venv/bin/python openhands-agent-server==1.2.3 openhands-sdk==1.2.3 openhands-tools==1.2.3 http://mirror
`);
      });

      test.for([
        ['1.2.3', 'server of the image --port 1\n'],
        ['1.2.2', 'server of uv --port 1\n'],
      ] as const)(
        'install.sh takes the server of the image if it has the version: %s',
        async ([version, output]) => {
          const image = `mkdir -p /opt/agent-server-venv/bin && cd /opt/agent-server-venv/bin
printf '#!/bin/sh\\necho ${version}\\n' > python; printf '#!/bin/sh\\necho "server of the image $*"\\n' > agent-server; chmod 755 *`;
          const { exitCode, stdout } = await run(image);
          expect(exitCode).toBe(0);
          expect(stdout.startsWith(output)).toBe(true);
          expect(stdout.includes('pip install')).toBe(version !== '1.2.3');
        },
      );
    },
  );
