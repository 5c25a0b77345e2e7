import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../packages/cli/src/e2e/packed.test.support.ts';
import { madeRelease } from '../packages/cli/src/e2e/release.test.support.ts';
import { isThere } from '../packages/cli/src/e2e/services.test.support.ts';
import { DocsSandbox } from './support/docs-sandbox.ts';
import { root } from './support/markdown.ts';
import { existingPages, handingIn, runBlocks, withModel } from './support/page-commands.ts';

const registry = isThere('registry');

/** What a user has in a folder that `install-into` filled, before a release. */
describe.skipIf(!registry)(
  `in a folder that install-into made${registry ? '' : ' (skipped: no registry)'},`,
  () => {
    let place: string;
    let model: Awaited<ReturnType<typeof handingIn>>;
    const page = (path: string) =>
      existingPages.find((existingPage) => existingPage.path === path) ??
      expect.fail(`There is no page ${path}.`);
    const study = (name: string): string => join(place, name, 'study');

    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), 'cooperbench-study-'));
      model = await handingIn();
      const { tarballs } = await madeRelease();
      const packed = dirname(Object.values(tarballs)[0] ?? '');
      const script = join(root, 'packages/cli/pack/install-into.js');
      const env = { ...process.env, INIT_CWD: place, npm_config_prefer_offline: 'true' };
      const { stdout } = await run(process.execPath, [script, study('one'), '--packed', packed], place, env);
      expect(stdout).toBe(
        `CooperBench is in ${study('one')}. Use it there: cd one/study && npx cooperbench doctor\n`,
      );
      await mkdir(join(place, 'two'));
      await run('cp', ['-al', join(place, 'one/study'), join(place, 'two')], place);
    });
    afterAll(async () => {
      await model[Symbol.asyncDispose]();
      await rm(place, { recursive: true, force: true });
    });

    test.concurrent('getting started works', async () => {
      await writeFile(
        join(study('one'), 'cooperbench.config.yaml'),
        'datasetDir: node_modules/@cooperbench/sample-dataset\n',
      );
      const sandbox = await DocsSandbox.installed(study('one'), withModel(model.url));
      await runBlocks(page('docs/guide/getting-started.md'), sandbox);
    });

    test.concurrent('experiments in a research repository work', async () => {
      const sandbox = await DocsSandbox.installed(join(place, 'two'), withModel(model.url));
      await runBlocks(page('docs/guide/experiments-in-a-research-repo.md'), sandbox);
    });

    test('an agent that is installed there is used as soon as the configuration names it', async () => {
      const sandbox = await DocsSandbox.installed(study('two'), {});
      const command = 'cooperbench run -a openhands -m gpt-4o';
      const package_ = '@cooperbench/agent-openhands-bridge';
      const before = await sandbox.sh(command);
      expect(before).toMatchObject({
        code: 2,
        output: expect.stringContaining(
          `It is in node_modules. Add "${package_}" to "plugins" in cooperbench.config.yaml.`,
        ),
      });
      await writeFile(join(study('two'), 'cooperbench.config.yaml'), `plugins: ["${package_}"]\n`);
      const after = await sandbox.sh('cooperbench doctor --agent openhands --trust || :');
      expect(after.output).toContain(`openhands comes with ${package_}`);
    });
  },
);
