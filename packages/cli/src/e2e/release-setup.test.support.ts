import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { npmRegistry, publish } from './npm-registry.test.support.ts';
import { run } from './packed.test.support.ts';
import { checkout, packAll, type Release, version } from './release.test.support.ts';
import { isThere } from './services.test.support.ts';

/**
 * Builds, publishes and installs a release once for all tests of the project, while tests of other projects run. Its tests
 * wait for the file that says how it ended. Vitest calls what it returns after the tests.
 */
export default function setup(project: TestProject): () => Promise<void> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'cooperbench-release-')));
  const stack = new AsyncDisposableStack();
  stack.defer(() => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const file = join(root, 'release.json');
  project.provide('release', file);
  const made = makeRelease(root, stack).then(
    (release) => ({ release }),
    (error: unknown) => ({ error: error instanceof Error ? error.stack : String(error) }),
  );
  const output = made.then((ending) => {
    writeFileSync(`${file}.tmp`, JSON.stringify(ending));
    renameSync(`${file}.tmp`, file);
  });
  return async () => {
    await output;
    await stack.disposeAsync();
  };
}

async function makeRelease(root: string, stack: AsyncDisposableStack): Promise<Release> {
  const workspace = join(root, 'workspace');
  checkout(workspace);
  await version(workspace);
  const tarballs = await packAll(workspace, join(root, 'tarballs'));
  const registry = stack.use(await npmRegistry(join(root, 'registry')));
  for (const tarball of Object.values(tarballs)) await publish(registry.url, tarball);
  const prefix = join(root, 'prefix');
  const { PATH = '', HOME = '', NODE_EXTRA_CA_CERTS } = process.env;
  const env = {
    ...registry.env,
    PATH: `${join(prefix, 'bin')}:${PATH}`,
    NODE_COMPILE_CACHE: join(root, 'compile-cache'),
    ...(NODE_EXTRA_CA_CERTS && { NODE_EXTRA_CA_CERTS }),
    npm_config_cache: join(HOME, '.npm'),
    npm_config_prefer_offline: 'true',
    npm_config_prefix: prefix,
  };
  if (isThere('registry'))
    await run('npm', ['install', '--global', 'cooperbench'], root, { ...env, HOME: root });
  else mkdirSync(prefix);
  const { url, storage } = registry;
  return { workspace, tarballs, prefix, env, registry: { url, env: registry.env, storage } };
}
