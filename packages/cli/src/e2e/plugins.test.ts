import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '@cooperbench/core/host';
import { describe, expect, test } from 'vitest';
import { createScratch, type Ending, type Scratch, sampleDataset } from './cli.test.support.ts';
import {
  bundledBackends,
  giveOwnCore,
  name,
  runHere as run,
  slurm,
  run as spawned,
  withSlurm,
  writePlugin,
} from './plugins.test.support.ts';

const ask = (scratch: Scratch, backend: string): Promise<Ending> =>
  run(
    scratch,
    ...[
      'run',
      '-a',
      'oracle',
      '--backend',
      backend,
      '--dataset-dir',
      sampleDataset,
      '--log-dir',
      scratch.logs,
    ],
  );
/** 1: what was linked is left out at once. */
const link = async (scratch: Scratch, folder: string, code = 0): Promise<void> => {
  expect(await run(scratch, 'plugins', 'link', folder)).toMatchObject({ code });
};
const fix = (folder: string, plugin: string): string =>
  `Fix it in ${folder}, or remove it: cooperbench plugins uninstall ${plugin}.`;

describe('a plugin that is linked from a folder', () => {
  test('is used, listed with what it provides, and removed', async () => {
    const scratch = createScratch();
    const folder = writePlugin(join(scratch.root, 'slurm'), name, slurm(name));
    const listing = `${name} 1.2.0 (linked from ${folder})\n  backend slurm\n`;
    expect(await run(scratch, 'plugins', 'link', 'slurm')).toMatchObject({ code: 0, stdout: listing });
    expect(await run(scratch, 'list', 'backends')).toMatchObject({ code: 0, stdout: withSlurm, stderr: '' });
    const { code, stdout, stderr } = await run(scratch, 'plugins');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.startsWith(listing)).toBe(true);
    expect(stdout).toContain('@cooperbench/bus-redis 0.0.0 (bundled)\n  bus redis; command watch\n');
    expect(await run(scratch, 'plugins', 'uninstall', name)).toMatchObject({
      code: 0,
      stdout: `Removed ${name}.\n`,
    });
    expect(await run(scratch, 'list', 'backends')).toMatchObject({ stdout: bundledBackends, stderr: '' });
  });

  test('may provide commands', async () => {
    const scratch = createScratch();
    const folder = writePlugin(join(scratch.root, 'slurm'), name, slurm(name), {
      oclif: { hooks: { 'cooperbench:plugin': './index.js' }, commands: './commands' },
    });
    mkdirSync(join(folder, 'commands/slurm'), { recursive: true });
    const command = `export default { id: 'slurm:queue', flags: {}, args: {}, run: async () => console.log('empty') };\n`;
    writeFileSync(join(folder, 'commands/slurm/queue.js'), command);
    expect(await run(scratch, 'plugins', 'link', folder)).toMatchObject({
      stdout: `${name} 1.2.0 (linked from ${folder})\n  backend slurm; command slurm queue\n`,
    });
    expect(await run(scratch, 'slurm', 'queue')).toMatchObject({ code: 0, stdout: 'empty\n', stderr: '' });
  });

  test('may extend the base class of commands: that of this command, not of a copy beside the plugin', async () => {
    const scratch = createScratch();
    const folder = writePlugin(join(scratch.root, 'slurm'), name, slurm(name), {
      oclif: { hooks: { 'cooperbench:plugin': './index.js' }, commands: './commands' },
    });
    const copy = join(folder, 'node_modules/cooperbench');
    mkdirSync(copy, { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{ "name": "cooperbench", "exports": {} }');
    mkdirSync(join(folder, 'commands/slurm'), { recursive: true });
    const command = `import { BaseCommand, Flags, settingFlags } from '@cooperbench/command';
export default class Queue extends BaseCommand {
  static flags = { ...settingFlags({ logDir: {} }), full: Flags.boolean() };
  async run() {
    const { flags } = await this.parse(Queue);
    await this.table([['runs in', flags['log-dir']]]);
    return flags;
  }
}
`;
    writeFileSync(join(folder, 'commands/slurm/queue.js'), command);
    writeFileSync(join(scratch.root, 'cooperbench.config.yaml'), 'logDir: elsewhere\n');
    expect((await spawned(scratch, 'plugins', 'link', folder)).stderr).toBe('');
    expect(await spawned(scratch, 'slurm', 'queue')).toMatchObject({
      code: 0,
      stdout: `runs in  ${join(scratch.root, 'elsewhere')}\n`,
      stderr: '',
    });
    const { stdout } = await spawned(scratch, 'slurm', 'queue', '--full', '--json', '--no-config');
    expect(JSON.parse(stdout)).toMatchObject({ full: true, 'log-dir': 'logs' });
    const invalid = await spawned(scratch, 'slurm', 'queue', '--log-dirs', 'x');
    expect(invalid).toMatchObject({ code: 2, stdout: '' });
    expect(invalid.stderr).toContain('Did you mean --log-dir?');
  });

  test('may have a copy of core of its own: options and errors mean the same', async () => {
    const scratch = createScratch();
    const folder = writePlugin(
      join(scratch.root, 'slurm'),
      name,
      `import { ConfigError, definePlugin, option, objectSchema } from '@cooperbench/core';
const options = objectSchema({ queue: option.text('Where.') });
const create = ({ queue }) => { throw new ConfigError('SLURM_QUEUE', 'There is no queue ' + queue + '.', { hint: 'Name one.' }); };
export default definePlugin({ name: '${name}', apiVersion: 1, backends: { slurm: { options, create } } });
`,
    );
    giveOwnCore(folder);
    expect(await spawned(scratch, 'plugins', 'link', folder)).toMatchObject({ code: 0 });
    const doctor = (option: string): Promise<Ending> =>
      spawned(scratch, 'doctor', '--backend', 'slurm', '--backend-option', option, '--json');
    const { code, stdout } = await doctor('slurm.queue=long');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'SLURM_QUEUE', message: 'There is no queue long.\nName one.' },
    });
    expect(JSON.parse((await doctor('slurm.qeue=long')).stdout)).toEqual({
      error: {
        code: 'CONFIG_OPTIONS',
        message:
          'The options of the backend "slurm" are not valid:\n  unknown key "qeue"; did you mean "queue"?\nCorrect the options in the configuration or on the command line.',
      },
    });
  });
});

const faults: readonly {
  readonly what: string;
  readonly source: string;
  readonly manifest?: object;
  readonly message: string;
  readonly hint?: string;
}[] = [
  {
    what: 'throws at import',
    source: `throw new Error('no SDK');`,
    message: `Plugin ${name} 1.2.0 could not be loaded: no SDK`,
  },
  {
    what: 'exports something else',
    source: `export default { name: '${name}', apiVersion: 1 };`,
    message: `Plugin ${name} 1.2.0 does not export the result of definePlugin: its default export is an object.`,
    hint: 'Its author can fix that: the file that its package.json names as the hook "cooperbench:plugin" must default-export definePlugin({ … }). ',
  },
  {
    what: 'was made for another core, and does not fit this one',
    source: slurm(name).replace('apiVersion: 1', 'apiVersion: 2'),
    manifest: { peerDependencies: { '@cooperbench/core': '^97.0.0' } },
    message: `Plugin ${name} 1.2.0 has apiVersion 2; this core takes 1. It was made for @cooperbench/core ^97.0.0; this is ${coreVersion}.`,
  },
];

describe('a broken plugin costs nobody anything but who needs it', () => {
  test.for(faults)('one that $what', async ({ source, manifest, message, hint = '' }) => {
    const scratch = createScratch();
    const folder = writePlugin(join(scratch.root, 'slurm'), name, source, manifest);
    await link(scratch, folder, 1);
    const text = `${message}\n${hint}${fix(folder, name)}`;
    expect(await run(scratch, 'list', 'backends')).toEqual({
      code: 0,
      signal: null,
      stdout: bundledBackends,
      stderr: `Warning: ${text}\n`,
    });
    expect(await ask(scratch, 'slurm')).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `Warning: ${text}\nError: There is no backend "slurm".\nKnown: docker, gcp, local, modal.\n${name}, which is left out, may provide it: ${text}\n`,
    });
    const { stdout, stderr } = await run(scratch, 'plugins');
    expect(stderr).toBe('');
    expect(stdout).toContain(
      `${name} 1.2.0 (linked from ${folder})\n  left out: ${text.replace('\n', '\n  ')}\n`,
    );
  });

  test('one that ends the process and prints at its import, and reset removes it', async () => {
    const scratch = createScratch();
    const source = `console.log('not JSON');\nprocess.exit(3);\n${slurm(name)}`;
    const folder = writePlugin(join(scratch.root, 'slurm'), name, source);
    const message = `Plugin ${name} 1.2.0 could not be loaded: its import calls process.exit.`;
    const linked = await spawned(scratch, 'plugins', 'link', folder, '--json');
    expect(linked).toMatchObject({ code: 1, stderr: 'not JSON\n' });
    expect(JSON.parse(linked.stdout)).toMatchObject([{ name, problem: { message } }]);
    const { stdout } = await spawned(scratch, 'plugins', 'inspect', name);
    expect(stdout).toBe(
      `${name} 1.2.0 (linked from ${folder})\n  left out: ${message}\n  ${fix(folder, name)}\n  in ${folder}\n`,
    );
    expect(await run(scratch, 'plugins', 'reset')).toMatchObject({ code: 0, stdout: `Removed ${name}.\n` });
    expect(await run(scratch, 'plugins', 'reset')).toMatchObject({
      stdout: 'No plugin was installed or linked.\n',
    });
    expect(await run(scratch, 'list', 'backends')).toMatchObject({ stdout: bundledBackends, stderr: '' });
  });

  test('one that was made for another core and fits is used, with a warning', async () => {
    const scratch = createScratch();
    const manifest = { peerDependencies: { '@cooperbench/core': '^97.0.0' } };
    const folder = writePlugin(join(scratch.root, 'slurm'), name, slurm(name), manifest);
    const text = `Plugin ${name} 1.2.0 was made for @cooperbench/core ^97.0.0; this is ${coreVersion}.`;
    expect(await run(scratch, 'plugins', 'link', folder)).toMatchObject({
      code: 0,
      stdout: `${name} 1.2.0 (linked from ${folder})\n  backend slurm\n  warning: ${text}\n`,
    });
    expect(await run(scratch, 'list', 'backends')).toMatchObject({ code: 0, stderr: `Warning: ${text}\n` });
  });

  test('two that claim one name: neither is used, and both are named', async () => {
    const scratch = createScratch();
    await link(scratch, writePlugin(join(scratch.root, 'one'), 'one', slurm('one')));
    await link(scratch, writePlugin(join(scratch.root, 'other'), 'other', slurm('other')), 1);
    const warning =
      'Warning: Plugins one and other both provide the backend "slurm".\nUninstall one of them.\n';
    expect(await run(scratch, 'list', 'backends')).toMatchObject({
      code: 0,
      stdout: bundledBackends,
      stderr: warning,
    });
    const reason = 'Plugins one and other both provide the backend "slurm".\nUninstall one of them.';
    expect((await ask(scratch, 'slurm')).stderr).toBe(
      `${warning}Error: There is no backend "slurm".\nKnown: docker, gcp, local, modal.\none, which is left out, may provide it: ${reason}\nother, which is left out, may provide it: ${reason}\n`,
    );
  });

  test('one that claims a name of the product', async () => {
    const scratch = createScratch();
    await link(
      scratch,
      writePlugin(join(scratch.root, 'slurm'), name, slurm(name).replace('slurm: {', 'docker: {')),
      1,
    );
    expect(await run(scratch, 'list', 'backends')).toMatchObject({
      stdout: bundledBackends,
      stderr: `Warning: Plugins @cooperbench/backend-docker and ${name} both provide the backend "docker".\nUninstall one of them.\n`,
    });
  });

  test('one whose folder is gone', async () => {
    const scratch = createScratch();
    const folder = writePlugin(join(scratch.root, 'slurm'), name, slurm(name));
    expect(await spawned(scratch, 'plugins', 'link', folder)).toMatchObject({ code: 0 });
    rmSync(folder, { recursive: true });
    const text = `Plugin ${name} is missing from ${folder}, or incomplete.\nLink it again, or remove it: cooperbench plugins uninstall ${name}.`;
    expect(await spawned(scratch, 'list', 'backends')).toMatchObject({
      code: 0,
      stdout: bundledBackends,
      stderr: `Warning: ${text}\n`,
    });
    expect(await spawned(scratch, 'plugins', 'uninstall', name)).toMatchObject({ code: 0 });
    expect((await spawned(scratch, 'list', 'backends')).stderr).toBe('');
  });

  test('a list of plugins that cannot be read', async () => {
    const scratch = createScratch();
    const file = join(scratch.root, 'data/cooperbench/package.json');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '[');
    const { code, stdout, stderr } = await run(scratch, 'list', 'backends');
    expect({ code, stdout }).toEqual({ code: 0, stdout: bundledBackends });
    // oclif says something of its own before.
    expect(stderr.slice(stderr.indexOf('Warning: '))).toBe(
      `Warning: ${file} cannot be read: Unexpected end of JSON input\nIt lists the installed plugins. Fix it, or remove it and install them again.\n`,
    );
  });

  test('doctor counts it as a problem, once', async () => {
    const scratch = createScratch();
    const folder = writePlugin(join(scratch.root, 'slurm'), name, `throw new Error('no SDK');`);
    await link(scratch, folder, 1);
    const { code, stdout, stderr } = await run(scratch, 'doctor', '--json', '--dataset-dir', sampleDataset);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const { checks } = JSON.parse(stdout) as { checks: { what: string; status: string }[] };
    expect(checks.filter(({ what, status }) => what === 'package' && status === 'problem')).toEqual([
      {
        what: 'package',
        status: 'problem',
        text: `Plugin ${name} 1.2.0 could not be loaded: no SDK`,
        hint: fix(folder, name),
      },
    ]);
  });
});

describe('what cannot be installed or linked is refused with the reason', () => {
  test.for([
    [
      'plugins install broken.tgz',
      (root: string) =>
        `npm could not install ${root}/broken.tgz: TAR_BAD_ARCHIVE: Unrecognized archive format.\nNo script of a package ran. Check the name or path; a path starts with ./ or /. --verbose shows the output of npm.`,
    ],
    [
      'plugins install ./none',
      (root: string) =>
        `${root}/none does not exist.\nName a directory with a package.json, a tarball made by npm pack, a package or a git URL.`,
    ],
    [
      'plugins install ./unbuilt',
      (root: string) =>
        `${root}/unbuilt is not built: it has no ./dist/index.js, and no node_modules.\nRun npm install and the build of the plugin there first.`,
    ],
    [
      'plugins link none',
      (root: string) =>
        `${root}/none has no package.json that can be read.\nName the directory of a package whose package.json has the key "oclif".`,
    ],
    ['plugins uninstall none', () => 'none is not installed.\ncooperbench plugins lists what is installed.'],
  ] as const)('%s', async ([words, message]) => {
    const scratch = createScratch();
    writeFileSync(join(scratch.root, 'broken.tgz'), 'broken');
    mkdirSync(join(scratch.root, 'unbuilt'));
    const unbuilt = { name: 'unbuilt', oclif: { hooks: { 'cooperbench:plugin': './dist/index.js' } } };
    writeFileSync(join(scratch.root, 'unbuilt/package.json'), JSON.stringify(unbuilt));
    expect(await run(scratch, ...words.split(' '))).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `Error: ${message(scratch.root)}\n`,
    });
  });
});
