import { defineConfig } from 'vitest/config';

/** The names of the contract's cases are longer than vitest shows by default. */
export default defineConfig({ test: { taskTitleValueFormatTruncate: 0 } });
