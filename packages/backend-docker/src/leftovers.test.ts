import { thisOwner } from '@cooperbench/core';
import type Docker from 'dockerode';
import { expect, test } from 'vitest';
import { ownerLabel } from './labels.ts';
import { cleanDocker } from './leftovers.ts';

test('a sandbox goes before the container that holds its network, which Podman does not remove earlier', async () => {
  const owner = JSON.stringify({ ...thisOwner(), startedAt: '1', pid: 1 });
  const names = ['run-1-network-946b32b9', 'run-1', 'run-2-network-41b14d42', 'run-2'];
  const removed: string[] = [];
  const docker = {
    listContainers: async () =>
      names.map((name) => ({ Id: name, Names: [`/${name}`], Labels: { [ownerLabel]: owner }, Created: 0 })),
    getContainer: (name: string) => ({ remove: async () => void removed.push(name) }),
  } as unknown as Docker;
  await cleanDocker(docker);
  expect(removed).toEqual(['run-1', 'run-2', 'run-1-network-946b32b9', 'run-2-network-41b14d42']);
});
