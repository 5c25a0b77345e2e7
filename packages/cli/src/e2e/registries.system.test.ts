import { expect } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { runWithRegistry, smallRegistry, unusableTask } from './registries.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('bubblewrap');
const backend = { backend: 'local', backendOptions: { local: { isolation: 'bubblewrap' } } };

test(`with the network registries, package managers work on the local backend, and nothing else is reached${reason}`, async () => {
  await using registry = await smallRegistry();
  const options = { ...backend, network: 'registries', evalNetwork: 'registries' } as const;
  const { tools, events, file } = await runWithRegistry(registry, createScratch().root, options);
  expect(tools).toMatchObject({ pip: 'from pypi', npm: 'from npm', fetch: 'cb-needed' });
  expect(tools.git).toContain('CONNECT tunnel failed, response 403');
  expect(tools.urllib).toContain('HTTP Error 403');
  const targets = events.flatMap((event) => (event.type === 'network_refused' ? [event.target] : []));
  expect(targets.sort()).toEqual(['169.254.169.254:80', 'github.com:443']);
  expect(file('result.json')).toMatchObject({ network: 'registries' });
  expect(file('eval.json')).toMatchObject({
    network: 'registries',
    both_passed: true,
    overall_success: true,
  });
  expect(
    registry.requests.filter((request) => request === 'pypi.org /simple/cb-needed/').length,
  ).toBeGreaterThan(3);
});

test(`without a network, a runner that needs a registry ends as a named error of the evaluation${reason}`, async () => {
  await using registry = await smallRegistry();
  const options = { ...backend, network: 'none', evalNetwork: 'none' } as const;
  const { tools, file } = await runWithRegistry(registry, createScratch().root, options);
  expect(tools.pip).toContain('No matching distribution found');
  expect(file('result.json')).toMatchObject({ network: 'none' });
  expect(file('eval.json')).toMatchObject(unusableTask);
  expect(registry.requests).toEqual([]);
});
