import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { endlessServer } from '@cooperbench/testing';
import { expect, test } from 'vitest';
import { createScratch } from './cli.test.support.ts';
import { buckets, environmentOf, refuse, savedIn } from './config-gcp.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const all = ['--project', 'p', '--region', 'us-central1', '--zone', 'us-central1-b', '--bucket', 'files'];

test('config gcp saves what flags give, and keeps the rest of the file', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch);
  mkdirSync(join(scratch.root, 'config/cooperbench'), { recursive: true });
  writeFileSync(join(scratch.root, 'config/cooperbench/config.yaml'), '# mine\nconcurrency: 3\n');
  const { code, stdout, stderr } = await cooperbench(scratch, ['config', 'gcp', ...all], { env });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const api of ['compute', 'batch', 'storage'])
    expect(stdout).toContain(`${api}.googleapis.com answers.`);
  expect(savedIn(scratch)).toBe(
    '# mine\nconcurrency: 3\nbackendOptions:\n  gcp:\n    project: p\n    zones: us-central1-b,us-central1-a\n    bucket: files\n',
  );
});

test('config gcp creates a bucket that does not exist', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch);
  const args = ['config', 'gcp', ...all.slice(0, -1), 'new-files'];
  const { code, stdout } = await cooperbench(scratch, args, { env });
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('Created the bucket new-files in us-central1.'),
  });
  expect(buckets.get('new-files')).toEqual({
    location: 'us-central1',
    iamConfiguration: {
      uniformBucketLevelAccess: { enabled: true },
      publicAccessPrevention: 'enforced',
    },
    lifecycle: {
      rule: [{ action: { type: 'Delete' }, condition: { age: 7, matchesPrefix: ['cooperbench/'] } }],
    },
  });
  expect(savedIn(scratch)).toContain('bucket: new-files');
});

test('config gcp does not claim a bucket that could not be created', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch);
  refuse({ path: '/storage/v1/b?', status: 404, body: { error: { message: 'Unknown project id: p' } } });
  const args = [...all.slice(0, -1), 'no-files'];
  const { code, stdout, stderr } = await cooperbench(scratch, ['config', 'gcp', ...args], { env });
  expect(code).toBe(2);
  expect(stderr).toContain('Unknown project id: p');
  expect(stderr).toContain('Check the project and the roles of the account. docs/guide/gcp.md lists them.');
  expect(stdout).not.toContain('Created');
  expect(() => savedIn(scratch)).toThrow('ENOENT');
});

test('config gcp --bucket none removes the saved bucket', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch);
  const save = (...args: string[]) =>
    cooperbench(scratch, ['config', 'gcp', '--skip-tests', ...args], { env });
  await save(...all);
  expect((await save(...all.slice(0, -1), 'none')).code).toBe(0);
  expect(savedIn(scratch)).toBe('backendOptions:\n  gcp:\n    project: p\n    zones: us-central1-b\n');
});

test('config gcp writes to the file that a symbolic link names', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch);
  const [target, link] = [
    join(scratch.root, 'dotfiles/mine.yaml'),
    join(scratch.root, 'config/cooperbench/config.yaml'),
  ];
  for (const path of [target, link]) mkdirSync(dirname(path), { recursive: true });
  symlinkSync('../../dotfiles/link.yaml', link);
  symlinkSync('mine.yaml', join(scratch.root, 'dotfiles/link.yaml'));
  const save = () => cooperbench(scratch, ['config', 'gcp', '--skip-tests', ...all], { env });
  expect(await save()).toMatchObject({ code: 0, stdout: expect.stringContaining(`Saved in ${link}.`) });
  writeFileSync(target, `# mine\n${readFileSync(target, 'utf8')}`);
  chmodSync(target, 0o640);
  expect((await save()).code).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(target, 'utf8')).toMatch(/^# mine\nbackendOptions:/);
  expect(statSync(target).mode & 0o777).toBe(0o640);
  expect(readdirSync(dirname(target))).toEqual(['link.yaml', 'mine.yaml']);
  expect(lstatSync(join(scratch.root, 'dotfiles/link.yaml')).isSymbolicLink()).toBe(true);
});

test('config gcp --skip-tests asks nobody', async () => {
  const scratch = createScratch();
  const env = { ...environmentOf(scratch, { signedIn: false }), PATH: '/nowhere' };
  const { code } = await cooperbench(scratch, ['config', 'gcp', '--skip-tests', ...all], { env });
  expect(code).toBe(0);
  expect(savedIn(scratch)).toBe(
    'backendOptions:\n  gcp:\n    project: p\n    zones: us-central1-b\n    bucket: files\n',
  );
});

test('config gcp takes several zones of one region, and the others follow unless nobody asks for them', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch);
  const save = (zones: string, ...extraArgs: string[]) =>
    cooperbench(
      scratch,
      ['config', 'gcp', '--project', 'p', '--zone', zones, '--bucket', 'none', ...extraArgs],
      {
        env,
      },
    );
  expect((await save('us-central1-c,us-central1-b', '--skip-tests')).code).toBe(0);
  expect(savedIn(scratch)).toContain('zones: us-central1-c,us-central1-b\n');
  // Without a bucket, the account needs no rights at Batch and Cloud Storage.
  refuse({ path: '/jobs', status: 403, body: { error: { message: 'Not allowed.' } } });
  expect((await save('us-central1-b')).stdout).not.toMatch(/batch|storage/);
  expect(savedIn(scratch)).toContain('zones: us-central1-b,us-central1-a\n');
  for (const extraArgs of [[], ['--skip-tests']])
    expect(await save('us-central1-b,europe-west1-b', ...extraArgs)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Error: The zone "europe-west1-b" does not exist: us-central1 has'),
    });
});

test('config gcp names the flag that is missing without a terminal', async () => {
  const scratch = createScratch();
  const { code, stderr } = await cooperbench(scratch, ['config', 'gcp', '--project', 'p'], {
    env: environmentOf(scratch),
  });
  expect(code).toBe(2);
  expect(stderr).toContain('Error: Without a terminal, cooperbench config gcp needs --region.');
  expect(stderr).toContain('Give --project, --region, --zone and --bucket.');
});

test('config gcp says how to log in when there are no credentials', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch, { signedIn: false });
  const { code, stderr } = await cooperbench(scratch, ['config', 'gcp', ...all], { env });
  expect(code).toBe(2);
  expect(stderr).toContain(
    'Error: There are no credentials for Google Cloud: Could not load the default credentials.',
  );
  expect(stderr).toMatch(/1\. Install gcloud: https:/);
  expect(stderr).toContain('2. Run gcloud auth application-default login');
});

test('config gcp gives the link that enables an API, and saves nothing', async () => {
  const scratch = createScratch();
  const env = environmentOf(scratch);
  const activationUrl =
    'https://console.developers.google.com/apis/api/batch.googleapis.com/overview?project=1';
  const details = [{ reason: 'SERVICE_DISABLED', metadata: { activationUrl } }];
  refuse({ path: '/jobs', status: 403, body: { error: { message: 'It is disabled.', details } } });
  const { code, stderr } = await cooperbench(scratch, ['config', 'gcp', ...all], { env });
  expect(code).toBe(2);
  expect(stderr).toContain('Error: batch.googleapis.com is not enabled for the project.');
  expect(stderr).toContain(`Enable it: ${activationUrl}`);
  expect(() => savedIn(scratch)).toThrow('ENOENT');
});

test('config gcp names the zones that exist', async () => {
  const scratch = createScratch();
  const args = ['config', 'gcp', '--project', 'p', '--zone', 'us-central1-x', '--bucket', 'none'];
  const { code, stderr } = await cooperbench(scratch, args, { env: environmentOf(scratch) });
  expect(code).toBe(2);
  expect(stderr).toContain(
    'Error: The zone "us-central1-x" does not exist: us-central1 has us-central1-a, us-central1-b.',
  );
  expect(stderr).toContain('Choose one of these with --zone.');
});

test('an endless answer of Google is read up to 64 MiB', async () => {
  const scratch = createScratch();
  await using server = await endlessServer();
  const env = { ...environmentOf(scratch), CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: server.url };
  expect(await cooperbench(scratch, ['config', 'gcp', ...all], { env })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('does not answer as it should: the answer is longer than 64 MiB'),
  });
});
