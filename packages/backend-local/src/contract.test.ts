import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendContract } from '@cooperbench/core/testing';
import { afterAll, describe, test } from 'vitest';
import { instancePrefix, sandboxesFolder } from './instance.ts';
import { LocalBackend } from './local-backend.ts';
import { noBubblewrap, sampleSpec, sampleTask } from './sample-task.test.support.ts';

const taskDir = sampleTask();
const streamBytes = process.env.COOPERBENCH_THOROUGH === '1' ? 1 << 30 : undefined;

describe.for(['bubblewrap', 'none'] as const)('the backend contract with isolation %s', (isolation) => {
  const backend = new LocalBackend({ isolation });
  const subject = { backend, spec: () => sampleSpec(taskDir), present, streamBytes };
  afterAll(() => backend[Symbol.asyncDispose]());
  const cases = backendContract.filter(({ needs }) => isolation === 'bubblewrap' || needs !== 'isolation');

  if (isolation === 'bubblewrap' && noBubblewrap !== undefined)
    test.skip(`${cases.length} cases (skipped: ${noBubblewrap})`);
  else test.for(cases)('$name', (one) => one.check(subject));
});

/** The sandboxes of every backend on this machine. */
async function present(): Promise<string[]> {
  const instances = (await readdir(tmpdir())).filter((name) => name.startsWith(instancePrefix));
  const sandboxes = instances.map((name) => readdir(join(tmpdir(), name, sandboxesFolder)).catch(() => []));
  return (await Promise.all(sandboxes)).flat();
}
