import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const resolvePath = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Builds classic scripts, because pages from `file:` cannot load modules. `vite build` makes the page; `--mode highlight`
 * adds the script that it loads for syntax highlighting.
 */
export default defineConfig(({ mode }) => {
  const entry = mode === 'highlight' ? 'highlight' : 'app';
  return {
    root: resolvePath('src/app'),
    publicDir: entry === 'app' ? resolvePath('src/app/public') : false,
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    resolve: { conditions: ['@cooperbench/source', 'module', 'browser', 'production'] },
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir: resolvePath('dist/app'),
      emptyOutDir: entry === 'app',
      target: 'es2023',
      // What the licenses of the bundled packages ask for.
      license: { fileName: `${entry}-licenses.md` },
      lib: {
        entry: resolvePath(entry === 'app' ? 'src/app/main.tsx' : 'src/app/parts/highlight-script.ts'),
        formats: ['iife'],
        name: `cooperbench_${entry}`,
        fileName: () => `${entry}.js`,
        cssFileName: entry,
      },
    },
  };
});
