import { expect, test } from 'vitest';
import { isSubmission, submitCommand } from './submission.ts';

const marker = submitCommand.replace('echo ', '');
const printed = (text: string, exitCode = 0) => ({
  exitCode,
  output: { head: Buffer.from(text), tail: Buffer.alloc(0), leftOutBytes: 0 },
});

test.for([
  submitCommand,
  ` ${submitCommand} ;\n`,
  `echo "${marker}"`,
  `echo   '${marker}' # done`,
  `git add -A && git commit -qm "it's done; really" && ${submitCommand}`,
  `cat > a.txt <<EOF\ntext\nEOF\n\n${submitCommand}\n`,
])('%s hands in', (command) => {
  expect(isSubmission(command, printed(`\n${marker}\n`))).toBe(true);
  expect(isSubmission(command, printed(`${marker}\n`, 1))).toBe(false);
  expect(isSubmission(command, { ...printed(`${marker}\n`), exitCode: undefined })).toBe(false);
  expect(isSubmission(command, printed(`first\n${marker}\n`))).toBe(false);
  expect(isSubmission(command, printed(`${marker}\nlast\n`))).toBe(false);
});

test.for([
  'git log -1 --format=%s',
  `git log -1 --format=%s || ${submitCommand}`,
  `${submitCommand}; cat notes.txt`,
  `${submitCommand} | cat notes.txt`,
  `cat notes.txt & ${submitCommand}`,
  `cat notes.txt # ; ${submitCommand}`,
  `cat notes.txt;# ${submitCommand}`,
  `cat notes.txt; : '; ${submitCommand}'`,
  `cat notes.txt; : \\; ${submitCommand}`,
  `grep -h ${marker} notes.txt`,
  `${submitCommand} > /dev/null; cat notes.txt`,
])('%s does not, whatever it prints', (command) => {
  expect(isSubmission(command, printed(`${marker}\n`))).toBe(false);
});

test('the search for operators takes little time for a long command', () => {
  const started = performance.now();
  expect(isSubmission(`${`'"\\;#&|`.repeat(14_000)}${submitCommand}`, printed(marker))).toBe(false);
  expect(isSubmission(`"${'\\'.repeat(99_000)}`, printed(marker))).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
