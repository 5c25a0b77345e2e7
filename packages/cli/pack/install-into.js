/**
 * Installs the packages of this clone into another folder, with npm, as users install a release: `npx -y pnpm@12
 * install-into FOLDER`. The folder keeps the packed packages, from which npm can install again. `--packed FOLDER` takes the
 * packages that pack-all.js packed there.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { packAll } from './pack-all.js';

const root = resolve(import.meta.dirname, '../../..');
// pnpm runs scripts in the clone, wherever it was called.
const cwd = process.env.INIT_CWD ?? process.cwd();
const example = 'For example: npx -y pnpm@12 install-into ../my-study';

const { values, positionals } = parseArgs({
  options: { packed: { type: 'string' } },
  allowPositionals: true,
});
if (positionals.length !== 1) refuse(`Name one folder. ${example}`);
const folder = resolve(cwd, positionals[0]);
if (`${folder}${sep}`.startsWith(`${root}${sep}`))
  refuse(`${folder} is in the clone. Name a folder outside. ${example}`);

const made = fs.mkdtempSync(join(tmpdir(), 'cooperbench-packed-'));
try {
  if (!values.packed) packAll(root, made);
  const packages = keepPackages(values.packed ?? made);
  if (!fs.existsSync(join(folder, 'package.json')))
    fs.writeFileSync(join(folder, 'package.json'), '{\n  "private": true,\n  "type": "module"\n}\n');
  process.exitCode = install(packages);
} finally {
  fs.rmSync(made, { recursive: true, force: true });
}
if (process.exitCode === 0)
  process.stdout.write(
    `CooperBench is in ${folder}. Use it there: cd ${relative(cwd, folder)} && npx cooperbench doctor\n`,
  );

/** Copies the tarballs into the folder, in the place of earlier ones. Returns their paths there. */
function keepPackages(from) {
  const store = join(folder, 'cooperbench-packages');
  fs.rmSync(store, { recursive: true, force: true });
  fs.mkdirSync(store, { recursive: true });
  return fs.globSync('*.tgz', { cwd: from }).map((file) => {
    const content = fs.readFileSync(join(from, file));
    // For npm, a file of the same name has the same content.
    const digest = createHash('sha256').update(content).digest('hex').slice(0, 8);
    const path = join(store, `${basename(file, '.tgz')}-${digest}.tgz`);
    fs.writeFileSync(path, content);
    return `./${relative(folder, path)}`;
  });
}

/** Runs npm as if the user had called it. Returns its exit code. */
function install(packages) {
  const ofPnpm = /^(npm_(lifecycle|package|command|execpath|config_user_agent)|pnpm_)/i;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofPnpm.test(name)));
  const folders = (env.PATH ?? '').split(delimiter);
  env.PATH = folders.filter((one) => !one.split(sep).includes('node_modules')).join(delimiter);
  const { stdout } = spawnSync('node', ['-p', 'process.versions.node'], { env, encoding: 'utf8' });
  const [major = 0, minor = 0] = `${stdout}`.split('.').map(Number);
  const isOld = major < 22 || (major === 22 && minor < 18);
  // npx and npm's scripts use it in place of the machine's, as in the clone.
  const node = isOld ? [`node@${process.versions.node.split('.')[0]}`] : [];
  // Our packages need no script, and an optional dependency of theirs would compile something.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = (...words) =>
    spawnSync('npm', words, { cwd: folder, env, stdio: ['ignore', 2, 2] }).status ?? 1;
  const status = npm('install', '--save-dev', ...flags, ...packages, ...node);
  // The package `node` gets its program by a script.
  return status === 0 && isOld ? npm('rebuild', '--loglevel=error', 'node') : status;
}

function refuse(message) {
  process.stderr.write(`Error: ${message}\n`);
  process.exit(2);
}
