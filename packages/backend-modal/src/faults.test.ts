import { expect, test } from 'vitest';
import { faults } from './faults.ts';

test.for([
  [7, 'MODAL_TOKEN', /^Run cooperbench config modal to see which token is used/],
  [16, 'MODAL_TOKEN', /^Run cooperbench config modal to see which token is used/],
  [8, 'MODAL_LIMIT', /^Lower --concurrency, or raise the limit in the workspace settings on modal\.com\.$/],
  [14, 'MODAL_UNREACHABLE', /^Check the network and status\.modal\.com/],
] as const)(
  'an error with the gRPC code %i says what to do, before a run and in it',
  ([grpc, code, hint]) => {
    const error = Object.assign(new Error('no'), { code: grpc });
    for (const cooperBenchError of [
      faults.beforeRun(error),
      faults.inRun(error, 'SANDBOX_CREATE', 'It was not made'),
    ])
      expect(cooperBenchError).toMatchObject({ code, hint: expect.stringMatching(hint) });
  },
);
