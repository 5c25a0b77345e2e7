import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createScratch, type Scratch } from './cli.test.support.ts';
import { needing } from './services.test.support.ts';
import { inShell } from './shell.test.support.ts';

const zsh = needing('zsh');
const fish = needing('fish');

function withRuns(): Scratch {
  const scratch = createScratch();
  for (const run of ['first', 'second']) mkdirSync(join(scratch.logs, run), { recursive: true });
  return scratch;
}

zsh.test(`completion works in zsh${zsh.reason}`, () => {
  // What zsh itself would show is replaced: that needs a terminal.
  const script = `
compdef() {}
_describe() { print -r -- "$1: \${(P)2}" }
_files() { print files }
source <(cooperbench autocomplete zsh)
words=(cooperbench show ''); CURRENT=3; _cooperbench
words=(cooperbench run --backend=lo); CURRENT=3; _cooperbench
words=(cooperbench run --output ''); CURRENT=4; _cooperbench
words=(cooperbench plugins cr); CURRENT=3; _cooperbench`;
  expect(inShell(withRuns(), 'zsh', ['-f', '-c', script])).toEqual({
    stdout:
      'cooperbench: first second\ncooperbench: --backend=local\nfiles\ncooperbench: create:Create a plugin: a package that builds and passes its tests.\n',
    stderr: '',
  });
});

fish.test(`completion works in fish${fish.reason}`, () => {
  const script = `
cooperbench autocomplete fish | source
complete -C 'cooperbench show f'
complete -C 'cooperbench run --backend=lo'
complete -C 'cooperbench plugins cr'`;
  const { stdout, stderr } = inShell(withRuns(), 'fish', ['--no-config', '-c', script]);
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining(['first', '--backend=local', expect.stringMatching(/^create\t/)]),
  );
});

test('completion works in bash', () => {
  const script = `
source <(cooperbench autocomplete bash)
offered() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cooperbench; echo "$*: \${COMPREPLY[*]}"; }
offered cooperbench show ''
offered cooperbench run --backend = lo
complete -p cooperbench`;
  expect(inShell(withRuns(), 'bash', ['--norc', '-c', script])).toEqual({
    stdout:
      'cooperbench show : first second\ncooperbench run --backend = lo: local\ncomplete -o default -F _cooperbench cooperbench\n',
    stderr: '',
  });
});
