import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeCompute } from '@cooperbench/test-support/gcp/fake-compute';
import { FakeModal } from '@cooperbench/test-support/modal/fake-modal';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createScratch, type Scratch, sampleDataset } from './cli.test.support.ts';
import { configureGcp } from './gcp.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

/** The part of the fakes that is used here. */
interface Fake extends AsyncDisposable {
  readonly environment: Record<string, string>;
  /** The calls that changed something. */
  readonly changes: readonly string[];
}

let modal: Fake;
let gcp: Fake & { readonly options: object };
let docker: Fake & { readonly asked: readonly string[] };

beforeAll(async () => {
  modal = await FakeModal.start('plain');
  gcp = await FakeCompute.start();
  docker = await fakeDocker();
});

afterAll(async () => {
  for (const fake of [modal, gcp, docker]) await fake[Symbol.asyncDispose]();
});

/** Returns a daemon that has no image and writes down what it is asked. */
async function fakeDocker(): Promise<typeof docker> {
  const requests: string[] = [];
  const server = createServer(({ method, url = '' }, response) => {
    requests.push(`${method} ${url.replace(/^\/v[\d.]+/, '')}`);
    const found = url.endsWith('/info');
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ? { NCPU: 2 } : { message: 'not here' }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    asked: requests,
    environment: { DOCKER_HOST: `tcp://127.0.0.1:${port}` },
    get changes() {
      return requests.filter((call) => !/^(GET|HEAD) /.test(call));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Runs the command where all providers answer. Resolves with its output, and with what it changed anywhere. */
async function look(scratch: Scratch, ...args: readonly string[]) {
  configureGcp(scratch, gcp.options);
  const before = readdirSync(scratch.tmp);
  const env = { ...modal.environment, ...gcp.environment, ...docker.environment, OPENAI_API_KEY: 'none' };
  const ending = await cooperbench(scratch, args, { env });
  const files = readdirSync(scratch.tmp).filter((name) => !before.includes(name));
  const changes = [...docker.changes, ...modal.changes, ...gcp.changes, ...files];
  return { ...ending, changes };
}

const nothing = { changes: [] };

test('doctor asks every backend and changes nothing', async () => {
  const scratch = createScratch();
  const { stdout, ...rest } = await look(scratch, 'doctor');
  for (const name of ['docker', 'modal', 'gcp'])
    expect(stdout).toContain(`ok       backend  ${name} is ready to run a model's commands\n`);
  expect(rest).toMatchObject({ ...nothing, code: 0 });
  expect(docker.asked).toContain('GET /info');
  expect(readdirSync(scratch.root).sort()).toEqual(['cooperbench.config.json', 'tmp']);
});

const run = ['run', '-n', 'x', '--dataset-dir', sampleDataset, '-r', 'recur_task', '-f', '2,3'];

test.for(['docker', 'modal', 'gcp', 'local'])('--dry-run on %s changes nothing', async (backend) => {
  const scratch = createScratch();
  const agent = ['-a', 'oracle', '--dry-run', '--backend', backend];
  const { code, changes } = await look(scratch, ...run, ...agent);
  expect({ code, changes }).toEqual({ ...nothing, code: 0 });
  expect(readdirSync(scratch.root).sort()).toEqual(['cooperbench.config.json', 'tmp']);
});

test('nor does the hint of an error that names the backends that are ready', async () => {
  const unready = ['-m', 'gpt-4o', '--backend', 'local', '--backend-option', 'local.isolation=none'];
  const { code, stderr, changes } = await look(createScratch(), ...run, ...unready);
  expect({ code, changes }).toEqual({ ...nothing, code: 2 });
  expect(stderr).toContain('\nReady on this machine: docker, gcp, modal.\n');
});
