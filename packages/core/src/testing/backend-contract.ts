import { execCases } from './backend-exec-cases.ts';
import { fileCases } from './backend-file-cases.ts';
import { lifetimeCases } from './backend-lifetime-cases.ts';
import { makingCases } from './backend-making-cases.ts';
import { streamCases } from './backend-stream-cases.ts';
import type { BackendCase } from './backend-subject.ts';

/** What every backend promises. Run each case with a backend that may stay the same for all of them. */
export const backendContract: readonly BackendCase[] = [
  ...execCases,
  ...streamCases,
  ...fileCases,
  ...makingCases,
  ...lifetimeCases,
];
