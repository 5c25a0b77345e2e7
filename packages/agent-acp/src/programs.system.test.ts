import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { presets } from './presets.ts';

/** Packs files that print their own path. Says which package was asked for. */
const npm = `for last; do :; done
echo "npm $last" >> /opt/asked
for file in $FILES; do
  mkdir -p "package/\${file%/*}"
  printf '#!/bin/sh\\necho "%s $*"\\n' "$file" > "package/$file"
  chmod 755 "package/$file"
done
tar -czf packed.tgz package
rm -r package`;
/** The version, or else what runs it. */
const node = `case $1 in -p) echo "$NODE" ;; *) echo "node $*" ;; esac`;

const bin = process.arch === 'arm64' ? 'arm64' : 'x64';

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      const install = (preset: string, then: string, env: Readonly<Record<string, string>>) =>
        runInShell(
          shell,
          `version=1.0\nregistry=\n${presets[preset]?.install}\ncat /opt/asked\n${then}`,
          [],
          {
            ...{ env, programs: { npm, node } },
          },
        );

      test('node-package.sh runs a package with the Node.js of the image', async () => {
        const programRun = await install('gemini_cli', 'gemini --acp', {
          FILES: 'bundle/gemini.js',
          NODE: '20',
        });
        expect(programRun).toMatchObject({
          exitCode: 0,
          stdout: 'npm @google/gemini-cli@1.0\nnode /opt/acp/gemini/package/bundle/gemini.js --acp\n',
        });
      });

      test('node-package.sh brings a Node.js where that of the image is too old', async () => {
        const env = { FILES: 'bundle/gemini.js bin/node', NODE: '18' };
        const { exitCode, stdout } = await install('gemini_cli', 'gemini --acp; ls /opt/acp', env);
        expect(exitCode).toBe(0);
        expect(stdout).toMatch(
          new RegExp(
            `^npm node-linux-${bin}@24\\.[\\d.]+\nnpm @google/gemini-cli@1\\.0\nbin/node /opt/acp/gemini/package/bundle/gemini\\.js --acp\ngemini\nnode\n$`,
          ),
        );
      });

      test('binary-package.sh puts the binary for the processor on PATH', async () => {
        expect(await install('opencode', 'opencode acp', { FILES: 'bin/opencode' })).toMatchObject({
          exitCode: 0,
          stdout: `npm opencode-linux-${bin}@1.0\nbin/opencode acp\n`,
        });
      });

      test('kimi-dependencies.sh adds what the package imports', async () => {
        const ls = 'cd /opt/acp/kimi/package/node_modules; ls qrcode ws';
        const { exitCode, stdout } = await install('kimi', ls, { FILES: 'dist/main.mjs', NODE: '24' });
        expect(exitCode).toBe(0);
        expect(stdout).toBe(
          'npm @moonshot-ai/kimi-code@1.0\nnpm ws@8.18.3\nqrcode:\nindex.js\n\nws:\ndist\n',
        );
      });
    },
  );
