import { FakeCompute } from '@cooperbench/test-support/gcp/fake-compute';
import { expect, onTestFinished, test, vi } from 'vitest';
import { GcpBackend } from './gcp-backend.ts';

test('preflight lists instances and changes nothing', async () => {
  await using fake = await FakeCompute.start();
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const [name, value] of Object.entries(fake.environment)) vi.stubEnv(name, value);
  await using backend = new GcpBackend({ ...fake.options, bucket: 'mine' });
  expect(await backend.preflight()).toEqual([]);
  expect([...fake.calls.keys()]).toEqual(['GET instances']);
  expect(fake.changes).toEqual([]);
});
