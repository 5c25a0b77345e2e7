import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kindNames } from './kinds.ts';
import { namesOf } from './names.ts';
import { planFiles } from './plan.ts';
import { linkModules, workspace } from './templates.test.support.ts';
import { writeFolder } from './write.ts';

const bin = join(workspace, 'node_modules/.bin');

interface Report {
  readonly testResults: readonly { name: string; assertionResults: readonly { status: string }[] }[];
}

/** Those of all kinds together: a compiler and a test runner take longer to start than for the work. */
describe('the packages made for new plugins', () => {
  let root: string;
  const folderOf = (kind: string): string => join(root, kind);
  const run = async (file: string, ...args: string[]): Promise<string> => {
    const env = { PATH: `${bin}:${process.env.PATH}`, HOME: root, NO_COLOR: '1' };
    return promisify(execFile)(join(bin, file), args, { cwd: root, env }).then(
      ({ stdout }) => stdout,
      ({ stdout, stderr }) => expect.fail(`${file} failed: ${stdout}${stderr}`),
    );
  };

  beforeAll(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'cooperbench-template-')));
    linkModules(root);
    for (const kind of kindNames) {
      // A name that is not an identifier.
      const files = await planFiles(kind, namesOf(kind, '@acme/two-words'), { version: '1.2.3' });
      await writeFolder(folderOf(kind), files);
    }
  });

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('compile, tests too', async () => {
    await run('tsc', '-b', ...kindNames);
  });

  test('are built without their tests', async () => {
    await run('tsc', '-b', ...kindNames.map((kind) => join(kind, 'tsconfig.build.json')));
    for (const kind of kindNames) {
      const built = readdirSync(join(folderOf(kind), 'dist'));
      expect(built, kind).toContain(kind === 'command' ? 'commands' : 'index.js');
      expect(built.filter((name) => name.includes('.test.'))).toEqual([]);
    }
  });

  test('pass their own tests', async () => {
    writeFileSync(
      join(root, 'vitest.config.js'),
      `export default { test: { projects: ${JSON.stringify(kindNames)}, maxWorkers: 2 } };\n`,
    );
    await run('vitest', 'run', '--reporter=default', '--reporter=json', '--outputFile.json=report.json');
    const { testResults }: Report = JSON.parse(readFileSync(join(root, 'report.json'), 'utf8'));
    for (const kind of kindNames) {
      const tests = testResults
        .filter(({ name }) => name.startsWith(join(folderOf(kind), 'src/')))
        .flatMap(({ assertionResults }) => assertionResults);
      expect(tests.length, kind).toBeGreaterThan(3);
      expect(tests.filter(({ status }) => status !== 'passed')).toEqual([]);
    }
  });
});
