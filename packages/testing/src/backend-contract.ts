import { execCases } from './backend-exec-cases.ts';
import { fileCases } from './backend-file-cases.ts';
import { lifetimeCases } from './backend-lifetime-cases.ts';
import { makingCases } from './backend-making-cases.ts';
import { networkCases } from './backend-network-cases.ts';
import { streamCases } from './backend-stream-cases.ts';
import type { BackendCase } from './backend-subject.ts';

/** The promises of every backend. All cases may share one backend. */
export const backendContract: readonly BackendCase[] = [
  ...execCases,
  ...streamCases,
  ...fileCases,
  ...makingCases,
  ...networkCases,
  ...lifetimeCases,
];
