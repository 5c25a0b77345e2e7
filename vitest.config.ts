import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@cooperbench/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'dataset/**/*.test.ts', 'docs/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'dataset/*_task/**'],
    testTimeout: 30_000,
    // Many tests wait for what they started: more at once than there are processors.
    maxWorkers: Math.max(4, availableParallelism()),
  },
});
