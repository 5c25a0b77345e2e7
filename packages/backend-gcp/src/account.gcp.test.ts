import { loadConfiguration } from '@cooperbench/command/config';
import { runCommand } from '@cooperbench/core';
import { accountCases } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { specOf } from './gcp.test.support.ts';
import { GcpBackend } from './gcp-backend.ts';

// With a real account and the options that the user's configuration has.
const {
  COOPERBENCH_E2E_GCP_IMAGE: image = 'akhatua/cooperbench-typst:task6554',
  COOPERBENCH_E2E_GCP_PRIVATE_IMAGE: privateImage,
  COOPERBENCH_E2E_GCP_JUMP_HOST: jumpHost,
} = process.env;
const saved = (await loadConfiguration()).values.backendOptions?.gcp as object | undefined;
const subject = { open: (options: object = {}) => new GcpBackend({ ...saved, ...options }), privateImage };

for (const { name, needs, check } of accountCases) {
  const isLacking = needs !== undefined && subject[needs] === undefined;
  const reason = isLacking ? ' (skipped: no COOPERBENCH_E2E_GCP_PRIVATE_IMAGE)' : '';
  test.skipIf(isLacking)(`${name}${reason}`, () => check(subject));
}

const ways: readonly [name: string, options: object, missing?: string | undefined][] = [
  ['a spot VM', { spot: true }],
  ['a VM behind Identity-Aware Proxy', { access: 'iap' }],
  [
    'a VM behind a jump host',
    { jumpHost },
    jumpHost === undefined ? 'no COOPERBENCH_E2E_GCP_JUMP_HOST' : undefined,
  ],
];
for (const [name, options, missing] of ways)
  test.skipIf(missing)(`${name} takes commands${missing ? ` (skipped: ${missing})` : ''}`, async () => {
    await using backend = subject.open(options);
    await using sandbox = await backend.create(specOf({ image, name: `account-${Date.now()}` }));
    const { stdout } = await runCommand(sandbox, ['git', '--version'], { cwd: '/' });
    expect(stdout.toString()).toMatch(/^git version/);
  });
