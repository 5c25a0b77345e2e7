import { readFileSync } from 'node:fs';
import { runInShell, testShells } from '@cooperbench/testing';
import { describe, expect, test } from 'vitest';
import { createClaudeCodeLayer } from './claude-code/definition.ts';
import { createCodexLayer } from './codex/definition.ts';

/** Packs files that print their own path. Says which package was asked for. */
const npm = `for last; do :; done
echo "npm $last" >> /opt/asked
for file in claude vendor/triple/bin/codex vendor/triple/codex-resources/voice/large; do
  mkdir -p "package/$(dirname "$file")"
  printf '#!/bin/sh\\necho "%s $*"\\n' "$file" > "package/$file"
  chmod 755 "package/$file"
done
tar -czf packed.tgz package
rm -r package`;

const bin = process.arch === 'arm64' ? 'arm64' : 'x64';

for (const shell of testShells())
  describe.skipIf(shell.isMissing && !process.env.COOPERBENCH_REQUIRE_SERVICES)(
    `under ${shell.name} (needs ${shell.name})`,
    () => {
      const run = (program: string) => runInShell(shell, program, [], { programs: { npm } });

      test('install.sh of Claude Code puts the binary for this machine on PATH', async () => {
        const { install } = createClaudeCodeLayer({ version: '2.0.1' });
        const { exitCode, stdout, stderr } = await run(`${install}\ncat /opt/asked\nclaude --print`);
        expect([exitCode, stderr]).toEqual([0, '']);
        expect(stdout).toMatch(
          new RegExp(`^npm @anthropic-ai/claude-code-linux-${bin}(-musl)?@2\\.0\\.1\nclaude --print\n$`),
        );
      });

      test('install.sh of Codex puts the binary on PATH and removes unused files', async () => {
        const { install } = createCodexLayer({ version: '0.9' });
        const after = 'cat /opt/asked; codex exec; ls package/vendor/triple/codex-resources';
        expect(await run(`${install}\n${after}`)).toEqual({
          ...{ exitCode: 0, stderr: '' },
          stdout: `npm @openai/codex@0.9-linux-${bin}\nvendor/triple/bin/codex exec\n`,
        });
      });

      test('aider.sh agrees to everything and keeps its files out of the work', async () => {
        const aider = readFileSync(new URL('./configured/aider.sh', import.meta.url), 'utf8');
        const program = `git init -q /opt/repo; cd /opt/repo; : > .aider.history; : > work
sh -c "$1" sh sh -c 'read -r answer; echo "$answer"'; git status --short`;
        expect(await runInShell(shell, program, [aider])).toMatchObject({
          exitCode: 0,
          stdout: 'y\n?? work\n',
        });
      });
    },
  );
