import { loadConfiguration } from '@cooperbench/command/config';
import { backendContract, sharingSubject } from '@cooperbench/testing';
import { afterAll, test } from 'vitest';
import { specOf } from './modal.test.support.ts';
import { ModalBackend } from './modal-backend.ts';

// With a real account and the options that the user's configuration has. It bills for some minutes of one small sandbox at a time. The image has git and a repository.
const image = process.env.COOPERBENCH_E2E_MODAL_IMAGE ?? 'akhatua/cooperbench-typst:task6554';
const saved = (await loadConfiguration()).values.backendOptions?.modal as object | undefined;
const backend = new ModalBackend({ ...saved, app: 'cooperbench-test' });
const spec = () => specOf({ image, name: `test-${Date.now()}` });
const subject = sharingSubject({ backend, spec });
afterAll(async () => {
  await subject[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const cases = backendContract.filter(({ needs }) => needs === undefined || needs === 'isolation');
test.for(cases)('$name', (backendCase) => backendCase.check(subject));
