import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { hostSandbox } from '../testing/host-sandbox.ts';
import { runJob } from './run-job.ts';

// It needs grep, which an image may lack: then only the beginning and the end come back.
test('of a result that is too long, lines in the middle are kept by a pattern', async () => {
  await using sandbox = await hostSandbox();
  const program =
    'mkdir -p "$2"; { echo first; seq 100; printf "ok \\377\\0 kept\\n"; seq 100; echo last; } > "$2/text"';
  const spec = { name: 'x', labels: {}, image: 'x', taskDir: '/x', untrusted: false, lifetimeMs: 60_000 };
  const outputs = new Map([['text', 40]]);
  const job = { id: 'one', spec, program, files: new Map(), outputs, keptLines: '^ok ', timeoutMs: 60_000 };
  const { outputFiles } = await runJob(sandbox, job, new AbortController().signal);
  expect(Buffer.from(outputFiles.get('text') ?? []).toString('latin1')).toMatch(
    /^first\n1\n2\n\nok \xff kept\n\n.*last\n$/s,
  );
});
