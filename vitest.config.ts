import { defineConfig } from 'vitest/config';

/** Takes minutes of its own: `COOPERBENCH_RELEASE=1 pnpm test published`, before a release. */
const release = process.env.COOPERBENCH_RELEASE ? [] : ['packages/cli/src/e2e/published.test.ts'];

export default defineConfig({
  ssr: { resolve: { conditions: ['@cooperbench/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'dataset/**/*.test.ts', 'docs/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'dataset/*_task/**', ...release],
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
