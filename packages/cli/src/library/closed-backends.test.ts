import { createContainer, tokens } from '@cooperbench/runs';
import { expect, test } from 'vitest';
import { readDefaultPlugins } from './bundled.ts';

test('a backend whose option leaves no network says so, so that core refuses tasks that need one', async () => {
  const registry = createContainer(await readDefaultPlugins()).get(tokens.registry);
  const limited = { limitMs: 60_000, signal: undefined };
  for (const name of ['docker', 'modal', 'gcp']) {
    const backend = await registry.make('backends', name, { network: 'none' }, limited);
    expect(await backend.resolveNetwork?.('open'), name).toBe('none');
    const open = await registry.make('backends', name, {}, limited);
    expect(await open.resolveNetwork?.('open'), name).toBe('open');
  }
});
