import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createScratch, type Ending, type Running, type Scratch, start } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

/** Returns a backend `ssh` that cannot be asked, and Docker that is not there. */
function clean(scratch: Scratch, configuration: object, ...args: readonly string[]): Promise<Ending> {
  writeFileSync(
    join(scratch.root, 'ssh.mjs'),
    `export default { name: 'ssh', apiVersion: 1, backends: { ssh: { options: {}, create() {
  throw Object.defineProperty(Object.assign(new Error('No host\\n  answers.'), { name: 'SandboxError', code: 'SSH' }), Symbol.for('cooperbench.error'), { value: true });
} } } };`,
  );
  const written = { plugins: ['./ssh.mjs'], ...configuration };
  writeFileSync(join(scratch.root, 'cooperbench.config.json'), JSON.stringify(written));
  return cooperbench(scratch, ['clean', ...args], { env: nowhere(scratch) });
}

/** No daemon of Docker, and no account of Google, not even on a machine of its cloud. */
const nowhere = (scratch: Scratch): Record<string, string> => ({
  DOCKER_HOST: `unix://${scratch.root}/none.sock`,
  METADATA_SERVER_DETECTION: 'none',
  CLOUDSDK_CONFIG: join(scratch.root, 'gcloud'),
});

const nothing = 'local: nothing was left\n';
const noDocker = ({ root }: Scratch): string =>
  `No Docker daemon answers at unix://${root}/none.sock (DOCKER_HOST): connect ENOENT ${root}/none.sock`;
const noModal =
  'There are no credentials for Modal: neither MODAL_TOKEN_ID and MODAL_TOKEN_SECRET nor ~/.modal.toml has a token.';
const noGoogle = 'There are no credentials for Google Cloud: Could not load the default credentials.';
const clouds = (scratch: Scratch): string =>
  `docker was not asked: ${noDocker(scratch)}, so it may still have sandboxes.
gcp was not asked: ${noGoogle.slice(0, -1)}, so it may still have sandboxes.
modal was not asked: ${noModal.slice(0, -1)}, so it may still have sandboxes.
`;
const sshs = 'ssh was not asked: No host answers, so it may still have sandboxes.\n';

test('of a backend that could not be asked, it is not said that nothing is left', async () => {
  const scratch = createScratch();
  const stdout = `${nothing}${clouds(scratch)}${sshs}`;
  expect(await clean(scratch, {})).toEqual({ code: 0, signal: null, stdout, stderr: '' });
});

test('one that has options has to answer', async () => {
  const scratch = createScratch();
  const stdout = `${nothing}${clouds(scratch)}${sshs}`;
  const configuration = { backendOptions: { ssh: { host: 'cluster' } } };
  expect(await clean(scratch, configuration)).toEqual({ code: 1, signal: null, stdout, stderr: '' });
});

test('and so has one that is named', async () => {
  expect(await clean(createScratch(), {}, '--backend', 'ssh')).toEqual({
    code: 1,
    signal: null,
    stdout: '',
    stderr: 'Error: No host\n  answers.\n',
  });
});

test('one whose plugin is broken is a failure', async () => {
  const scratch = createScratch();
  const reason = 'The backend "ssh" of plugin ssh could not be created: no SDK';
  const stdout = `${nothing}${clouds(scratch)}ssh was not asked: ${reason}, so it may still have sandboxes.\n`;
  writeFileSync(
    join(scratch.root, 'broken.mjs'),
    `export default { name: 'ssh', apiVersion: 1, backends: { ssh: { create() { throw new Error('no SDK'); } } } };`,
  );
  const configuration = { plugins: ['./broken.mjs'] };
  expect(await clean(scratch, configuration)).toEqual({ code: 1, signal: null, stdout, stderr: '' });
});

test('with --json, what is not known is said of each', async () => {
  const scratch = createScratch();
  const { code, stdout } = await clean(scratch, {}, '--json');
  expect({ code, cleaned: JSON.parse(stdout) }).toEqual({
    code: 0,
    cleaned: [
      { backend: 'docker', removed: [], problem: noDocker(scratch) },
      { backend: 'gcp', removed: [], problem: noGoogle },
      { backend: 'local', removed: [] },
      { backend: 'modal', removed: [], problem: noModal },
      { backend: 'ssh', removed: [], problem: 'No host\n  answers.' },
    ],
  });
});

test('does not report success for a backend that it cannot ask: a plugin that is left out, a backend that only has options', async () => {
  const scratch = createScratch();
  writeFileSync(join(scratch.root, 'throws.mjs'), `throw new Error('no SDK');`);
  const configuration = { plugins: ['./throws.mjs'], backendOptions: { slurm: { queue: 'long' } } };
  const reason = 'cooperbench.config.json:1:13: ./throws.mjs could not be loaded: no SDK';
  expect(await clean(scratch, configuration)).toMatchObject({
    code: 1,
    stdout: `${nothing}${clouds(scratch)}slurm was not asked: There is no backend "slurm", so it may still have sandboxes.
./throws.mjs was not asked: ${reason}, so it may still have sandboxes.
`,
  });
});

describe('Ctrl-C', () => {
  /** Starts `clean` with a backend that begins to remove its second sandbox, and then reads its first. */
  async function cleaning(scratch: Scratch, clean: string, ...args: readonly string[]): Promise<Running> {
    writeFileSync(
      join(scratch.root, 'acme.mjs'),
      `const backend = { create() {}, async clean({ signal, onRemoved }) {
  setInterval(() => {}, 1000);
  onRemoved('one');
  await new Promise((resolve) => { ${clean} });
  onRemoved('two');
  signal.throwIfAborted();
} };
export default { name: 'acme', apiVersion: 1, backends: { acme: { create: () => backend } } };`,
    );
    writeFileSync(join(scratch.root, 'cooperbench.config.json'), JSON.stringify({ plugins: ['./acme.mjs'] }));
    const running = start(scratch, ['clean', ...args], { env: nowhere(scratch) });
    return running;
  }

  const stderr = 'Error: Interrupted. Repeat the command to remove the rest.\n';

  test('lets the removal that has begun end, begins no other, and says what was and was not removed', async () => {
    const { child, ended, line } = await cleaning(
      createScratch(),
      `signal.addEventListener('abort', () => setTimeout(resolve, 50));`,
    );
    await line((text) => text === 'acme: removed one');
    child.kill('SIGINT');
    expect(await ended).toEqual({
      code: 130,
      signal: null,
      stdout: `acme: removed one
acme: removed two
acme was interrupted, so it may still have sandboxes.
docker was not asked: Interrupted, so it may still have sandboxes.
gcp was not asked: Interrupted, so it may still have sandboxes.
local was not asked: Interrupted, so it may still have sandboxes.
modal was not asked: Interrupted, so it may still have sandboxes.
`,
      stderr,
    });
  });

  test('ends it even when the backend never answers', async () => {
    const { child, ended, line } = await cleaning(createScratch(), '', '--backend', 'acme');
    await line((text) => text === 'acme: removed one');
    child.kill('SIGINT');
    const stdout = 'acme: removed one\nacme was interrupted, so it may still have sandboxes.\n';
    expect(await ended).toEqual({ code: 130, signal: null, stdout, stderr });
  });

  test('twice ends it at once', async () => {
    const { child, ended, line } = await cleaning(createScratch(), '', '--backend', 'acme');
    await line((text) => text === 'acme: removed one');
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({
      code: 130,
      stderr: 'Stopped at once. Repeat the command to remove the rest.\n',
    });
  });

  test('with --json, says the same of each backend', async () => {
    const { child, ended } = await cleaning(
      createScratch(),
      `process.stderr.write('begun\\n'); signal.addEventListener('abort', resolve);`,
      ...['--backend', 'acme', '--json'],
    );
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stdout } = await ended;
    expect({ code, cleaned: JSON.parse(stdout) }).toEqual({
      code: 130,
      cleaned: [{ backend: 'acme', removed: ['one', 'two'], problem: 'Interrupted.', interrupted: true }],
    });
  });
});
