/**
 * Builds and packs every package of a workspace: `node packages/cli/pack/pack-all.js FOLDER`, with `--root ROOT` for another
 * workspace. Prints the tarballs by the names of the packages, as JSON.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Packs into a folder, which it makes. Returns the tarballs by name. @throws Error with the output of the program that failed. */
export function packAll(root, to) {
  const packages = globSync(['packages/*/package.json', 'dataset/package.json'], { cwd: root })
    .map((path) => ({ ...JSON.parse(readFileSync(join(root, path), 'utf8')), folder: dirname(path) }))
    .filter((manifest) => !manifest.private);
  const built = packages
    .map(({ folder }) => folder)
    .filter((one) => existsSync(join(root, one, 'tsconfig.json')));
  // Whoever changes the sources checks their types.
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', '--noCheck', ...built], root);
  mkdirSync(to, { recursive: true });
  const filters = packages.map(({ name }) => `--filter=${name}`);
  const pack = ['-r', '--config.verify-deps-before-run=false', ...filters, 'pack', '--pack-destination', to];
  run('npx', ['-y', 'pnpm@12', ...pack], root);
  return Object.fromEntries(
    packages.map(({ name, version }) => {
      const file = join(to, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
      if (!existsSync(file)) throw new Error(`${file} was not packed.`);
      return [name, file];
    }),
  );
}

function run(file, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} failed: ${error ?? `${stdout}${stderr}`}`);
}

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({
    options: { root: { type: 'string' } },
    allowPositionals: true,
  });
  const root = resolve(values.root ?? join(import.meta.dirname, '../../..'));
  process.stdout.write(JSON.stringify(packAll(root, resolve(positionals[0] ?? 'packed'))));
}
