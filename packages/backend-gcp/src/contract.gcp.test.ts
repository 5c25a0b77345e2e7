import { loadConfiguration } from '@cooperbench/command/config';
import { backendContract, sharingSubject } from '@cooperbench/testing';
import { afterAll, expect, test } from 'vitest';
import { specOf } from './gcp.test.support.ts';
import { GcpBackend } from './gcp-backend.ts';
import { jobOf } from './google-cloud/batch/google-batch.test.support.ts';

// With a real account and the options that the user's configuration has. It bills for some minutes of up to eight small VMs. The image has git and a repository.
const image = process.env.COOPERBENCH_E2E_GCP_IMAGE ?? 'akhatua/cooperbench-typst:task6554';
const bucket = process.env.COOPERBENCH_E2E_GCP_BUCKET;
const saved = (await loadConfiguration()).values.backendOptions?.gcp as object | undefined;
const backend = new GcpBackend({ ...saved, ...(bucket !== undefined && { bucket }) });
const spec = () => specOf({ image, name: `test-${Date.now()}` });
const subject = sharingSubject({ backend, spec });
afterAll(async () => {
  await subject[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const cases = backendContract.filter(({ needs }) => needs === undefined || needs === 'isolation');
test.for(cases)('$name', (backendCase) => backendCase.check(subject));

const reason = bucket === undefined ? ' (skipped: no COOPERBENCH_E2E_GCP_BUCKET)' : '';
test.skipIf(bucket === undefined)(`Google Batch evaluates as a sandbox does${reason}`, async () => {
  async function* jobs() {
    for (const id of ['a', 'b']) yield jobOf(id, { spec: { ...jobOf(id).spec, image } });
  }
  const notices: string[] = [];
  const how = { concurrency: 2, onNotice: (text: string) => notices.push(text) };
  const results = await Array.fromAsync(backend.runJobs?.(jobs(), how) ?? []);
  expect(
    results.sort((a, b) => a.id.localeCompare(b.id)),
    notices.join('\n'),
  ).toEqual(
    ['a', 'b'].map((id) => expect.objectContaining({ id, markedLines: ['well'], endedEarly: undefined })),
  );
});
