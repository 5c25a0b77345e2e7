import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { cooperbench, createScratch } from './cli.test.support.ts';

/** Node writes the URL of each module that it loads to standard error. */
const reported = `import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    writeSync(2, url + '\\n');
    return next(url, context);
  },
});`;

const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(reported)}`;

test('what knows of wide characters and colours is loaded for a text that has them', () => {
  const table = new URL('../../../command/dist/terminal/table.js', import.meta.url).href;
  const loadedFor = (text: string): string => {
    const program = `import { table } from '${table}'; table([['${text}', 'b'], ['c', 'd']], { paint: String });`;
    const argv = ['--input-type=module', '--eval', program];
    const ending = spawnSync(process.execPath, argv, { encoding: 'utf8', env: { NODE_OPTIONS } });
    expect(ending.status, ending.stderr).toBe(0);
    return ending.stderr;
  };
  const library = /\/string-width\/index\.js$/m;
  expect(loadedFor('漢字')).toMatch(library);
  expect(loadedFor('plain')).not.toMatch(library);
});

// Here, as in every package without a manifest, oclif imports all commands at every start.
test('commands load neither core nor their own packages before they run', async () => {
  const { code, stderr } = await cooperbench(createScratch(), ['nonsense'], { env: { NODE_OPTIONS } });
  expect(code).toBe(2);
  const loaded = [...stderr.matchAll(/\/packages\/((?!cli\/)\S+\.js)$/gm)].map(([, path = '']) => path);
  expect(loaded).toContain('command/dist/base/base-command.js');
  // What shows progress and tables takes longest.
  expect(
    loaded.filter((path) => /^command\/dist\/(reporters\/.*reporter|terminal\/table)\.js$/.test(path)),
  ).toEqual([]);
  expect(loaded.filter((path) => !path.startsWith('command/')).toSorted()).toEqual([
    'backend-gcp/dist/commands/config/gcp.js',
    'backend-modal/dist/commands/config/modal.js',
    'bus-redis/dist/commands/watch.js',
    'core/dist/collaboration/channel-fault-schema.js',
    'core/dist/contracts/errors.js',
    'core/dist/contracts/system-errors.js',
    'core/dist/machine/read-file.js',
    'core/dist/plugins/options.js',
    'core/dist/validation/nearest.js',
    'dataset-tools/dist/commands/dataset/build.js',
    'dataset-tools/dist/commands/dataset/create.js',
    'dataset-tools/dist/commands/dataset/validate.js',
    'dataset-tools/dist/commands/prepare.js',
    'dataset-tools/dist/exit-code.js',
    'report/dist/commands/analyze.js',
    'report/dist/commands/export/atif.js',
    'report/dist/commands/export/inspect.js',
    'report/dist/commands/report.js',
    'report/dist/commands/show.js',
    'report/dist/report-command.js',
    'runs/dist/options/options.js',
    'viewer/dist/commands/view.js',
  ]);
});
