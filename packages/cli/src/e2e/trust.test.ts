import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createScratch,
  type Ending,
  type Scratch,
  sampleDataset,
  cooperbench as spawned,
} from './cli.test.support.ts';
import { shellDataset } from './dataset.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';

const shared = createScratch(afterAll);
const datasetDir = shellDataset(join(shared.root, 'dataset'));

beforeAll(async () => {
  const task = ['--dataset-dir', datasetDir, '-r', 'shell_task', '-f', '1,2', '--log-dir', shared.logs];
  const run = ['run', '-n', 'x', '-a', 'oracle', '--backend', 'local', '--reporter', 'silent', ...task];
  expect(await runInProcess(shared, run)).toMatchObject({ code: 0 });
});

/** Returns a statement that leaves a mark beside the repository when it runs. */
const mark = (name: string): string =>
  `import { writeFileSync } from 'node:fs'; writeFileSync(new URL('MARKS/${name}', import.meta.url), '');\n`;
const plugin = (name: string, file: string): string =>
  `${mark(file)}export default () => ({ name: '${name}', apiVersion: 1, agents: { evil: { untrusted: () => false, create() {} } }, mergePolicies: {} });\n`;

/** Returns a stranger's repository, with a user whose home is elsewhere. */
function clone(files: Readonly<Record<string, string | object>>): Scratch & { readonly home: string } {
  const scratch = createScratch();
  const repository = join(scratch.root, 'repository');
  const marks = join(scratch.root, 'marks');
  for (const folder of [marks, join(scratch.root, 'home')]) mkdirSync(folder);
  for (const [name, content] of Object.entries({ 'package.json': { type: 'module' }, ...files })) {
    const path = join(repository, name);
    mkdirSync(dirname(path), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(path, text.replaceAll('MARKS', `file://${marks}`));
  }
  return { ...scratch, root: repository, home: join(scratch.root, 'home') };
}

type Clone = ReturnType<typeof clone>;

const userOf = ({ home }: Clone) => ({ HOME: home });
const command = (scratch: Clone, words: string, env = {}): Promise<Ending> =>
  runInProcess(scratch, words.split(' '), { env: { ...userOf(scratch), ...env }, trust: false });
/** For what a process does only once, such as importing a module. */
const inOwnProcess = (scratch: Clone, words: string): Promise<Ending> =>
  spawned(scratch, words.split(' '), { env: userOf(scratch), trust: false });
/** Returns what has run of the repository. */
const ran = ({ root }: Clone): string[] => readdirSync(join(root, '../marks')).sort();

const configuration = `${mark('configuration')}export default { plugins: ['./plugin.mjs', 'hostile'], logDir: 'elsewhere' };\n`;
const plugins = {
  'plugin.mjs': plugin('mine', 'plugin'),
  'node_modules/hostile/package.json': {
    name: 'hostile',
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    oclif: { hooks: { 'cooperbench:plugin': './index.js' } },
  },
  'node_modules/hostile/index.js': plugin('hostile', 'package').replace('evil: {', 'evil2: {'),
};
const hostile: Readonly<Record<string, Readonly<Record<string, string | object>>>> = {
  'a configuration in JavaScript': { 'cooperbench.config.js': configuration, ...plugins },
  'a configuration in TypeScript': { '.cooperbenchrc.ts': configuration, ...plugins },
  'plugins that YAML names': {
    'cooperbench.config.yaml': 'plugins: [./plugin.mjs, hostile]\n',
    ...plugins,
  },
  'plugins that package.json names': {
    'package.json': { type: 'module', cooperbench: { plugins: ['./plugin.mjs', 'hostile'] } },
    ...plugins,
  },
  'a file that YAML extends': {
    'cooperbench.config.yaml': 'extends: [./base.mjs]\n',
    'base.mjs': configuration,
    ...plugins,
  },
  'a package that YAML extends': {
    'cooperbench.config.yaml': 'extends: preset\n',
    'node_modules/preset/package.json': { name: 'preset', type: 'module', exports: './index.js' },
    'node_modules/preset/index.js': `${mark('configuration')}export default {};\n`,
  },
  'a configuration above the working directory': {
    ...{ 'sub/readme': '', 'cooperbench.config.mjs': configuration },
    ...plugins,
  },
};

const elsewhere = `--log-dir ${shared.logs}`;
const reading = [
  `show x ${elsewhere}`,
  `report x ${elsewhere}`,
  `report x --merge-policy union ${elsewhere}`,
  // A run that exists needs the page that `pnpm build` makes.
  `view none ${elsewhere}`,
];
/** These run it in a folder that the user trusts. */
const ifTrusted = [
  'list agents',
  'list backends',
  `list runs ${elsewhere}`,
  `list tasks --dataset-dir ${datasetDir}`,
  'config show',
  'plugins',
];
const without = ['config schema', 'autocomplete bash -- run -a ', 'help run', 'run --help'];

describe.each(Object.entries(hostile))('%s', (kind, files) => {
  const at = (): Clone => {
    const scratch = clone(files);
    return kind.includes('above') ? { ...scratch, root: join(scratch.root, 'sub') } : scratch;
  };
  const marks = (scratch: Clone): string[] => readdirSync(join(dirname(scratch.home), 'marks')).sort();

  test.each([...reading, ...ifTrusted, ...without])('does not run in %s', async (words) => {
    const scratch = at();
    const { code, stderr } = await command(scratch, words);
    expect({ ran: marks(scratch), code, stderr }).toMatchObject({
      ran: [],
      ...(words.startsWith('view')
        ? { stderr: expect.stringContaining('There is no run "none"') }
        : { code: 0 }),
    });
  });

  test.each(reading)('does not run in %s when the folder is trusted', async (words) => {
    const scratch = at();
    const ending = await runInProcess(scratch, words.split(' '), { env: userOf(scratch) });
    expect(ending).toMatchObject({ code: words.startsWith('view') ? 2 : 0 });
    expect(marks(scratch)).toEqual([]);
  });

  test.each(['run', 'eval -n x', 'doctor', 'clean', 'config modal', 'prepare --agent oracle'])(
    '%s does not run it either, says what it would run and how to allow it, and exits 2',
    async (words) => {
      const scratch = at();
      const { code, stderr } = await command(scratch, words);
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /^Error: (.*[./](js|ts|mjs)|.*: plugin hostile) would run code of \/.*\/repository, and you have not trusted this folder\.\nIf you trust this folder, pass --trust or set COOPERBENCH_TRUST=1\. --no-config leaves out all configuration files\.\n$/,
      );
      expect(marks(scratch)).toEqual([]);
    },
  );

  test('runs once the user trusts the folder', async () => {
    const scratch = at();
    expect(await command(scratch, 'doctor --agent oracle --trust')).toMatchObject({ code: 0 });
    expect(marks(scratch)).not.toEqual([]);
  });
});

test('neither .env nor a file of the repository can trust the folder, or move the list of trusted folders', async () => {
  const scratch = clone({
    'cooperbench.config.js': configuration,
    '.env': 'COOPERBENCH_TRUST=1\nCOOPERBENCH_DATA_DIR=data\nXDG_DATA_HOME=data\n',
    ...plugins,
  });
  for (const folder of ['data', 'data/cooperbench']) {
    mkdirSync(join(scratch.root, folder), { recursive: true });
    writeFileSync(
      join(scratch.root, folder, 'trusted-folders.json'),
      JSON.stringify({ folders: [scratch.root] }),
    );
  }
  const { code, stderr } = await command(scratch, 'run');
  expect(code).toBe(2);
  expect(stderr).toContain(
    'Warning: .env cannot set COOPERBENCH_DATA_DIR, COOPERBENCH_TRUST, XDG_DATA_HOME. Set it in the environment.\n',
  );
  const yaml = clone({ 'cooperbench.config.yaml': 'trust: true\nplugins: [./plugin.mjs]\n', ...plugins });
  expect(await command(yaml, 'run')).toMatchObject({ code: 2 });
  expect([ran(scratch), ran(yaml)]).toEqual([[], []]);
});

test('no library imports a file of the repository by itself, as cosmiconfig did', async () => {
  const evil = `${mark('meta')}export default {};\n`;
  const scratch = clone({
    'package.json': { type: 'module', cosmiconfig: { searchPlaces: ['evil.js'] } },
    'evil.js': evil,
    '.config/config.js': evil,
    '.config/config.mjs': evil,
    'cooperbench.config.yaml': 'agent: oracle\n',
  });
  expect(await inOwnProcess(scratch, 'list agents')).toMatchObject({ code: 0 });
  expect(await inOwnProcess(scratch, 'config show --only agent')).toMatchObject({
    stdout: expect.stringContaining('oracle'),
  });
  expect(ran(scratch)).toEqual([]);
});

test('a folder that the user trusted stays trusted when its files change; one above, below or beside it does not', async () => {
  const scratch = clone({
    'cooperbench.config.yaml': 'plugins: [./plugin.mjs]\n',
    'package.json': { type: 'module' },
    'inner/package.json': { type: 'module' },
    'inner/cooperbench.config.yaml': 'plugins: [../plugin.mjs]\n',
    ...plugins,
  });
  const list = join(scratch.home, '.local/share/cooperbench/trusted-folders.json');
  mkdirSync(dirname(list), { recursive: true });
  writeFileSync(list, JSON.stringify({ folders: [scratch.root] }));
  writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'plugins: [hostile]\n');
  expect(await command(scratch, 'doctor --agent oracle')).toMatchObject({ code: 0 });
  expect(ran(scratch)).toEqual(['package']);
  expect(await command({ ...scratch, root: join(scratch.root, 'inner') }, 'run')).toMatchObject({ code: 2 });
  // The same folder by another path is the same folder.
  symlinkSync(scratch.root, join(scratch.root, '../other'));
  rmSync(join(scratch.root, '../marks/package'));
  expect(
    await inOwnProcess({ ...scratch, root: join(scratch.root, '../other') }, 'doctor --agent oracle'),
  ).toMatchObject({ code: 0 });
  expect(ran(scratch)).toEqual(['package']);
});

test('--trust and COOPERBENCH_TRUST hold for one command', async () => {
  const scratch = clone({ 'cooperbench.config.yaml': 'plugins: [./plugin.mjs]\n', ...plugins });
  expect(await command(scratch, 'doctor --agent oracle --trust')).toMatchObject({ code: 0, stderr: '' });
  expect(await command(scratch, 'doctor --agent oracle', { COOPERBENCH_TRUST: '1' })).toMatchObject({
    code: 0,
  });
  expect(ran(scratch)).toEqual(['plugin']);
  expect(existsSync(join(scratch.home, '.local'))).toBe(false);
  expect(await command(scratch, 'doctor --agent oracle')).toMatchObject({ code: 2 });
  expect(await command(scratch, 'doctor --agent oracle', { COOPERBENCH_TRUST: '0' })).toMatchObject({
    code: 2,
  });
});

test("data, the user's own files, and packages of the clone need no trust", async () => {
  const data = clone({
    'cooperbench.config.yaml': 'extends: ./base.json\nagent: oracle\nlogDir: elsewhere\n',
    'base.json': { backend: 'local' },
  });
  expect(await command(data, 'doctor --agent oracle')).toMatchObject({ code: 0, stderr: '' });
  expect(await command(data, 'list agents')).toMatchObject({ code: 0, stderr: '' });
  const own = clone(plugins);
  const folder = join(own.home, '.config/cooperbench');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.mjs'), `export default { plugins: ['${own.root}/plugin.mjs'] };\n`);
  expect(await command(own, 'list agents')).toMatchObject({
    stderr: '',
    stdout: expect.stringContaining('evil\tmine\n'),
  });
  const bundled = new URL('../../../agent-swe-agent', import.meta.url).pathname;
  const clonePackage = clone({ 'cooperbench.config.json': { plugins: [bundled] } });
  expect(await command(clonePackage, 'doctor --agent oracle')).toMatchObject({ code: 0, stderr: '' });
});

test('a command that reads says in one line what it leaves out', async () => {
  const scratch = clone(hostile['a configuration in JavaScript'] ?? {});
  expect((await command(scratch, 'report none')).stderr).toMatch(
    /^Warning: This command runs no code of a project\. Left out: cooperbench\.config\.js\. Pass flags for what it sets, such as --log-dir\.\n/,
  );
  expect((await command(scratch, 'view none')).stderr).toMatch(
    /^Warning: This command runs no code of a project\. Left out: cooperbench\.config\.js\..*\nError: /,
  );
  const ending = await command(scratch, 'config show');
  expect(ending).toMatchObject({ code: 0, stdout: expect.stringContaining('Files: none\n') });
  expect(ending.stderr).toBe(
    `Warning: You have not trusted ${scratch.root}. Left out: cooperbench.config.js. Pass flags for what it sets, such as --log-dir.\n`,
  );
  const yaml = clone(hostile['plugins that YAML names'] ?? {});
  for (const words of ['list agents', 'plugins'])
    expect((await command(yaml, words)).stderr).toBe(
      `Warning: You have not trusted ${yaml.root}. Left out: cooperbench.config.yaml:1:11: plugin ./plugin.mjs, cooperbench.config.yaml:1:25: plugin hostile.\n`,
    );
  // No plugin matters here.
  expect((await command(yaml, `list runs ${elsewhere}`)).stderr).toBe('');
});

test('what plugins of a project provide is listed in a folder that the user trusts, and a broken one with the reason', async () => {
  const scratch = clone({
    'cooperbench.config.yaml': 'plugins: [./plugin.mjs, ./broken.mjs]\n',
    'broken.mjs': 'throw new Error("no luck");',
    ...plugins,
  });
  const agents = await command(scratch, 'list agents --trust');
  expect(agents).toMatchObject({ code: 0, stdout: expect.stringContaining('evil\tmine\n') });
  const { stdout, stderr } = await command(scratch, 'plugins --trust');
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /^mine sha256:\w{12} \(named in cooperbench\.config\.yaml:1:11\)\n {2}agent evil\n/m,
  );
  expect(stdout).toContain(
    './broken.mjs (named in cooperbench.config.yaml:1:25)\n  left out: cooperbench.config.yaml:1:25: ./broken.mjs could not be loaded: no luck\n',
  );
  for (const name of ['mine', './plugin.mjs', `${scratch.root}/plugin.mjs`])
    expect(await command(scratch, `plugins inspect ${name} --trust`)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`  in ${scratch.root}/plugin.mjs\n`),
    });
  expect(await command(scratch, 'plugins inspect mine')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Error: There is no plugin mine.\n'),
  });
});

test('a profile that a file of code may have is not refused where the file does not run', async () => {
  const scratch = clone({ 'cooperbench.config.js': configuration, ...plugins });
  const env = { COOPERBENCH_PROFILE: 'night' };
  expect(await command(scratch, `list runs ${elsewhere}`, env)).toMatchObject({ code: 0 });
  expect(await command(scratch, 'doctor --agent oracle --trust', env)).toMatchObject({ code: 2 });
});

test("a report counts the verdicts under a merge policy of the project's plugin, which does not run", async () => {
  const scratch = clone({
    'cooperbench.config.yaml': 'plugins: [./plugin.mjs]\n',
    'plugin.mjs': `${mark('plugin')}export default () => ({ name: 'mine', apiVersion: 1, mergePolicies: { mine: { create: () => ({ strategy: 'mine' }) } } });\n`,
  });
  const run = `run -n y -a oracle --backend local --dataset-dir ${datasetDir} -r shell_task -f 1,2 ${elsewhere}`;
  expect(await command(scratch, `${run} --merge-policy mine --trust`)).toMatchObject({ code: 0 });
  rmSync(join(scratch.root, '../marks/plugin'));
  const report = await command(scratch, `report y --merge-policy mine --json ${elsewhere}`);
  expect(report.code).toBe(0);
  expect(JSON.parse(report.stdout).conditions).toMatchObject([{ merge_policies: ['mine'], passed: 1 }]);
  expect(await command(scratch, `report x --merge-policy mine ${elsewhere}`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no merge policy "mine".'),
  });
  expect(ran(scratch)).toEqual([]);
});

describe('scripts of a dataset, where nothing isolates them', () => {
  /** Returns a stranger's repository with a dataset whose setup.sh leaves a mark, and a run of it. */
  const withDataset = async (): Promise<Clone> => {
    const scratch = clone({});
    shellDataset(join(scratch.root, 'dataset'));
    const setup = join(scratch.root, 'dataset/shell_task/task1/setup.sh');
    writeFileSync(
      setup,
      readFileSync(setup, 'utf8').replace('\n', `\n: > '${scratch.root}/../marks/setup'\n`),
    );
    const run = await runInProcess(scratch, oracle, { env: userOf(scratch) });
    expect({ code: run.code, ran: ran(scratch) }).toEqual({ code: 0, ran: ['setup'] });
    rmSync(join(scratch.root, '../marks/setup'));
    return scratch;
  };
  const oracle = 'run -n x -a oracle --backend local'.split(' ');

  test.each([
    'run -n y -a oracle --backend local',
    'run -n y -a oracle --backend local --unisolated --dry-run',
    'eval -n x --force',
    'dataset validate --backend local --force',
  ])('%s runs none of them, says so, and exits 2', async (words) => {
    const scratch = await withDataset();
    const { code, stderr } = await command(scratch, words);
    expect({ code, ran: ran(scratch) }).toEqual({ code: 2, ran: [] });
    expect(stderr).toMatch(
      /Error: (\w+: )?setup\.sh and run_tests\.sh of its tasks would run code of \/.*\/dataset, and you have not trusted this folder\.\nIf you trust this folder, pass --trust or set COOPERBENCH_TRUST=1\. Isolated sandboxes need no trust: install bubblewrap, or use --backend docker\.\n$/,
    );
  });

  test('trust in the repository is not trust in a dataset, and --trust is', async () => {
    const scratch = await withDataset();
    const data = join(scratch.home, '.local/share/cooperbench');
    mkdirSync(data, { recursive: true });
    const trust = (folder: string): void =>
      writeFileSync(join(data, 'trusted-folders.json'), JSON.stringify({ folders: [folder] }));
    trust(scratch.root);
    expect(await command(scratch, 'eval -n x --force')).toMatchObject({ code: 2 });
    expect(ran(scratch)).toEqual([]);
    expect(await command(scratch, 'eval -n x --force --trust')).toMatchObject({ code: 0 });
    expect(ran(scratch)).toEqual(['setup']);
    trust(join(scratch.root, 'dataset'));
    expect(await command(scratch, 'eval -n x --force')).toMatchObject({ code: 0 });
  });

  test('the sample dataset of the command is trusted, a copy is not', async () => {
    const scratch = clone({});
    const smoke = `run -n x -a oracle --backend local -s smoke --no-auto-eval --dataset-dir`;
    expect(await command(scratch, `${smoke} ${sampleDataset}`)).toMatchObject({ code: 0 });
    cpSync(sampleDataset, join(scratch.root, 'copy'), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    });
    expect(await command(scratch, `${smoke} copy --force`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`would run code of ${join(scratch.root, 'copy')}`),
    });
  });
});
