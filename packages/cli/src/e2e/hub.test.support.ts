import { type HubFile, smallDataset, TestHub } from '@cooperbench/testing/hub';
import { onTestFinished } from 'vitest';

/** Returns a Hub for the test that asks. */
export async function startHub(files: readonly HubFile[] = smallDataset): Promise<TestHub> {
  const hub = await TestHub.start(files);
  onTestFinished(() => hub[Symbol.asyncDispose]());
  return hub;
}
