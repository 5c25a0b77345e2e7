import { defineConfig } from 'vitest/config';

export default defineConfig({
  ssr: { resolve: { conditions: ['@cooperbench/source', 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'dataset/**/*.test.ts', 'docs/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'dataset/*_task/**'],
    testTimeout: 60_000,
    maxWorkers: 2,
    taskTitleValueFormatTruncate: 0,
  },
});
