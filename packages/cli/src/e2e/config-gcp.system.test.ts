import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { bin, createScratch } from './cli.test.support.ts';
import { environmentOf, savedIn } from './config-gcp.test.support.ts';

test('at a terminal, config gcp offers the login and asks for the rest', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch, { signedIn: false });
  const answers = [
    ['now? [yes]: ', ''],
    ['Project [from-gcloud]: ', ''],
    ['Region [us-central1]: ', 'europe-west1'],
    ['First zone [europe-west1-b]: ', ''],
    ['"none": on VMs) [none]: ', ''],
  ];
  // `script` gives the command a pseudo-terminal.
  const command = `'${process.execPath}' '${bin}' config gcp`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd: scratch.root,
    env: { HOME: scratch.root, TERM: 'dumb', ...env },
  });
  let shownText = '';
  child.stdout.on('data', (bytes: Buffer) => {
    shownText += bytes;
    const [next] = answers;
    if (!next?.[0] || !shownText.includes(next[0])) return;
    answers.shift();
    child.stdin.write(`${next[1]}\n`);
  });
  const [code] = await once(child, 'close');
  expect(code, shownText).toBe(0);
  expect(savedIn(scratch)).toBe(
    'backendOptions:\n  gcp:\n    project: from-gcloud\n    zones: europe-west1-b\n',
  );
});
