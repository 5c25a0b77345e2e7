import { readFileSync } from 'node:fs';
import { downloadScript } from '@cooperbench/agent-kit/definition';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';

const program = readFileSync(new URL('./unpack-source.sh', import.meta.url), 'utf8');

/** Makes an archive as GitHub does, at /opt/archive.tar.gz. */
const archive = `mkdir -p /opt/SWE-agent-1/tools/edit/bin && cd /opt/SWE-agent-1/tools/edit
printf '#!/usr/bin/env python3\\nimport sys\\n' > bin/edit
printf '#!/bin/sh\\necho python\\n' > bin/shell
printf 'set -e\\n  pip install tree-sitter\\nexport A=1\\n' > install.sh
tar -czf /opt/archive.tar.gz -C /opt SWE-agent-1
mkdir /opt/here && cd /opt/here
`;
const curl =
  'for last; do :; done; echo "$last"; while [ "$1" != -o ]; do shift; done; cp /opt/archive.tar.gz "$2"';

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      test.for([
        ['', 'https://github.com/SWE-agent/SWE-agent/archive/refs/tags/v1.1.0.tar.gz\n'],
        ['https://mirror/swe.tar.gz', 'https://mirror/swe.tar.gz\n'],
        ['/opt/archive.tar.gz', ''],
      ])(
        'unpack-source.sh unpacks the source "%s" and gives its tools the Python of SWE-agent',
        async ([source, asked]) => {
          const script = `${archive}source=${source}\nversion=1.1.0\n${downloadScript}\n${program}
ls; ls source; cat source/tools/edit/bin/* source/tools/edit/install.sh`;
          expect(await runInShell(shell, script, [], { programs: { curl } })).toEqual({
            ...{ exitCode: 0, stderr: '' },
            stdout: `${asked}source
tools
trajectories
#!/opt/swe-agent/venv/bin/python
import sys
#!/bin/sh
echo python
set -e
:
export A=1
`,
          });
        },
      );
    },
  );
