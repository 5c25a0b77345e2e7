import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { scratch } from './cli.test.support.ts';
import { npmInstall, run as runFile } from './packed.test.support.ts';
import { run } from './plugins.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, reason } = needing('registry');

test(`a plugin from a clone installs, builds and links with core of the clone${reason}`, async () => {
  const place = scratch();
  await run(place, 'plugins', 'create', 'backend', 'cloud');
  const folder = join(place.root, 'cooperbench-backend-cloud');
  // Runs "prepare", which builds. The template's own tests are run by templates.test.ts.
  await runFile('npm', npmInstall, folder);
  const words = ['plugins', 'link', 'cooperbench-backend-cloud'];
  expect(await run(place, ...words)).toEqual({
    code: 0,
    signal: null,
    stdout: `cooperbench-backend-cloud 0.0.0 (linked from ${folder})\n  backend cloud\n`,
    stderr: '',
  });
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('Once `@cooperbench/core` is on npm');
});
