import { expect, test } from 'vitest';
import { createSandboxFault } from './faults.ts';

const endpoint = { host: 'unix:///var/run/docker.sock', from: 'the default' } as Parameters<
  typeof createSandboxFault
>[0];
const faultOf = (statusCode: number, message: string) =>
  createSandboxFault(
    endpoint,
    Object.assign(new Error(message), { statusCode }),
    'SANDBOX_CREATE',
    'Not made',
  );

test.for([
  "no available IPv4 addresses on this network's address pools: bridge (7b0fa63d4a4f)",
  'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
  'all predefined address pools have been fully subnetted',
  'failed to create endpoint x on network bridge: adding interface veth3cc2a19 to bridge docker0 failed: exchange full',
])('a daemon without addresses has no room: %s', (message) => {
  expect(faultOf(500, message)).toMatchObject({
    ...{ code: 'DOCKER_ADDRESSES', message: `Not made: ${message}` },
    ...{ capacity: {}, retryable: true },
  });
});

test('another failure of the daemon is none of capacity', () => {
  const fault = faultOf(500, 'OCI runtime create failed: runc did not terminate successfully');
  expect(fault).toMatchObject({ code: 'SANDBOX_CREATE', capacity: undefined, retryable: true });
});

test.for([
  'OCI runtime create failed: runc create failed: unable to start container process: fork/exec /proc/self/exe: resource temporarily unavailable',
  'failed to create shim task: cannot allocate memory: unknown',
])('a daemon that is busy has no room: %s', (message) => {
  expect(faultOf(500, message)).toMatchObject({ code: 'DOCKER_BUSY', capacity: {}, retryable: true });
  const cause = Object.assign(new Error(message), { statusCode: 500 });
  expect(createSandboxFault(endpoint, cause, 'SANDBOX_EXEC', 'Not started')).toMatchObject({
    ...{ code: 'SANDBOX_EXEC', capacity: undefined },
  });
});
