import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxSpec } from '@cooperbench/core';
import { FakeModal } from '@cooperbench/test-support/modal/fake-modal';
import type { Kind } from '@cooperbench/test-support/modal/machine';
import { ModalBackend } from './modal-backend.ts';
import type { ModalOptions } from './options.ts';

const image = 'registry.test/task:1';
const setup = `set -eu
mkdir -p "$1"
cd "$1"
echo hello >README.md
git -c init.defaultBranch=main init -q
git add -A
git -c user.name=base -c user.email=base@localhost commit -qm base
`;

/** Returns a fake with one task's image in its registry, where the SDK finds it. */
export async function startFake(kind: Kind): Promise<FakeModal> {
  const fake = await FakeModal.start(kind);
  fake.registry.set(image, async (folder) => {
    const repo = join(folder, 'workspace/repo');
    mkdirSync(repo, { recursive: true });
    execFileSync('sh', ['-c', setup, 'sh', repo]);
  });
  Object.assign(process.env, fake.environment);
  return fake;
}

export async function bubblewrapModal(options: ModalOptions = {}) {
  const fake = await startFake('bubblewrap');
  return { fake, backend: new ModalBackend(options) };
}

/** Finds the fake that started last, as the SDK does. */
export function openModal(): ModalBackend {
  return new ModalBackend();
}

let count = 0;

export function specOf(overrides: Partial<SandboxSpec> = {}): SandboxSpec {
  count += 1;
  return {
    name: `test-${count}`,
    labels: { run: 'test' },
    image,
    taskDir: '/no/such/task',
    untrusted: false,
    lifetimeMs: 600_000,
    ...overrides,
  };
}
