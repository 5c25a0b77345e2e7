import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@cooperbench/core/errors';

/** Where the build puts the page. */
const folder = fileURLToPath(new URL('../../dist/app/', import.meta.url));

/** A file of the page. */
export interface AppFile {
  readonly type: string;
  readonly content: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
};

/** Reads the files of the page, by URL. No other file can be asked for. @throws ConfigError `VIEW_PAGE`. */
export async function mapAppFiles(): Promise<ReadonlyMap<string, AppFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const type = types[extname(path)] ?? 'application/octet-stream';
        return [
          relative(folder, path).split(sep).join('/'),
          { type, content: await readFile(path) },
        ] as const;
      }),
  );
  const contents = new Map<string, AppFile>(files);
  if (contents.has('index.html')) return contents;
  throw new ConfigError('VIEW_PAGE', `The page of the viewer is missing from ${folder}.`, {
    hint: 'Install cooperbench again. In a clone, build the page with npx -y pnpm@12 build.',
  });
}
