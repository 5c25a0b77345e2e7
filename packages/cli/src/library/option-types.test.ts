import { expect, test } from 'vitest';
import { defineConfig } from './library.ts';

interface Options {
  readonly style?: 'brief' | 'long';
}

declare module '@cooperbench/core' {
  interface PluginOptionTypes {
    'agents/typed_in_this_test': Options;
  }
}

/** Returns the compiler checks this file: an expected error that is missing is one. */
test('TypeScript checks the options of plugins in a configuration, in profiles and experiments too', () => {
  const right = defineConfig({
    backendOptions: { docker: { cpus: 2 }, unknown: { anything: 1 } },
    busOptions: { redis: { ttlHours: 2 } },
    agentOptions: { typed_in_this_test: { style: 'brief' } },
  });
  // @ts-expect-error: a key that no backend "docker" has.
  defineConfig({ backendOptions: { docker: { cpuz: 2 } } });
  // @ts-expect-error: a key that no backend "modal" has.
  defineConfig({ backendOptions: { modal: { cpuz: 2 } } });
  // @ts-expect-error: a text.
  defineConfig({ busOptions: { redis: { ttlHours: '2' } } });
  // @ts-expect-error: no such style.
  defineConfig({ profiles: { night: { agentOptions: { typed_in_this_test: { style: 'wordy' } } } } });
  defineConfig({
    // @ts-expect-error: a misspelt key.
    experiments: { e: { matrix: { git: [true] }, agentOptions: { typed_in_this_test: { stile: 'brief' } } } },
  });
  expect(right.backendOptions?.docker).toEqual({ cpus: 2 });
});
