import type { Backend } from '@cooperbench/core';
import { createContainer, tokens } from '@cooperbench/runs';
import { expect, test } from 'vitest';
import { checkBackends } from './services.ts';

test('what dead runs left on a backend is named, with the command that removes it', async () => {
  const left = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm\u001b7'];
  const make = (leftovers?: Backend['leftovers']) => ({
    create: () => ({
      create: () => Promise.reject(new Error('not asked')),
      ...(leftovers && { leftovers }),
    }),
  });
  const backends = { acme: make(async () => left), plain: make() };
  const registry = createContainer([{ name: 'x', apiVersion: 1, backends }]).get(tokens.registry);
  const checks = await checkBackends(registry, 'acme', undefined, {});
  expect(checks.filter(({ status }) => status === 'warning')).toEqual([
    {
      what: 'backend',
      status: 'warning',
      text: 'acme: dead runs left m1, m2, m3, m4, m5 and 2 more behind, which may cost money.',
      hint: 'cooperbench clean --backend acme',
    },
  ]);
});

test('the backend of a run that names none is named, with the reason', async () => {
  const backends = {
    local: { create: () => ({ create: () => Promise.reject(new Error()) }) },
  };
  const registry = createContainer([{ name: 'x', apiVersion: 1, backends }]).get(tokens.registry);
  expect((await checkBackends(registry, undefined, undefined, {})).at(-1)).toEqual({
    what: 'backend',
    status: 'ok',
    text: 'A run that names no backend takes local, the first that is ready: bubblewrap or a trusted agent (modal: it is not installed. docker: it is not installed)',
  });
  expect(await checkBackends(registry, 'local', undefined, {})).toHaveLength(1);
});
