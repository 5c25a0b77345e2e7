import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { runCommand, type Sandbox, type Workspace } from '@cooperbench/core';
import { hostSandbox } from '@cooperbench/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Dial } from './dial.ts';
import { RegistryTunnel } from './registry-tunnel.ts';

let registry: Server;
let sandbox: Sandbox;
let dial: Dial;
let refusals: string[];

beforeEach(async () => {
  refusals = [];
  registry = createServer(({ url }, answer) => answer.end(`package ${url}`)).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  dial = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  sandbox = await hostSandbox();
});
afterEach(async () => {
  await sandbox[Symbol.asyncDispose]();
  registry.close();
});

const open = (...hosts: string[]): Promise<RegistryTunnel> =>
  RegistryTunnel.open(sandbox, dial, { hosts, onRefused: (target) => refusals.push(target) });

/** Asks by the proxy of the environment, as a program in the sandbox does, and prints the answer. */
const asking = `const { hostname, port } = new URL(process.env.http_proxy);
for (const path of process.argv.slice(1))
  require('http').get({ hostname, port, path, agent: false }, (answer) => {
    answer.setEncoding('utf8').on('data', (text) => console.log(answer.statusCode, text));
  }).on('error', (error) => console.log(error.code));`;
const ask = async (workspace: Workspace, ...urls: string[]): Promise<string> =>
  (await runCommand(workspace, ['node', '-e', asking, ...urls])).stdout.toString();

test('commands reach a registry, and nothing else', async () => {
  await using tunnel = await open();
  expect(await ask(tunnel.workspace, 'http://pypi.org/simple/')).toBe('200 package /simple/\n');
  expect(await ask(tunnel.workspace, 'http://github.com/x')).toMatch(
    /^403 CooperBench refused github.com:80/,
  );
  expect(refusals).toEqual(['github.com:80']);
});

test('every variable names the proxy, and the environment of a command stays', async () => {
  await using tunnel = await open();
  const { stdout } = await runCommand(tunnel.workspace, ['env'], { env: { OWN: '1', NO_PROXY: 'mine' } });
  const url = stdout.toString().match(/^HTTP_PROXY=(http:\/\/127\.0\.0\.1:\d+)$/m)?.[1];
  const lines = stdout.toString().split('\n');
  for (const name of ['HTTPS_PROXY', 'http_proxy', 'https_proxy', 'YARN_HTTP_PROXY', 'YARN_HTTPS_PROXY'])
    expect(lines).toContain(`${name}=${url}`);
  for (const line of ['OWN=1', 'NO_PROXY=mine', 'no_proxy=localhost,127.0.0.1', 'NODE_USE_ENV_PROXY=1'])
    expect(lines).toContain(line);
});

test('a user may add hosts', async () => {
  await using tunnel = await open('*.example.org');
  expect(await ask(tunnel.workspace, 'http://npm.example.org/left-pad')).toBe('200 package /left-pad\n');
});

test('attempts elsewhere are reported once each, and not more than twenty', async () => {
  await using tunnel = await open();
  const urls = Array.from({ length: 30 }, (_, n) => `http://host${n}.example/`);
  await ask(tunnel.workspace, ...urls, ...urls);
  expect(refusals).toHaveLength(20);
  expect(new Set(refusals).size).toBe(20);
});

test('a forwarder that somebody ends starts again, on the same port', async () => {
  await using tunnel = await open();
  const kill = `const fs = require('fs');
for (const pid of fs.readdirSync('/proc').filter(Number)) try {
  const [words, env] = ['cmdline', 'environ'].map((name) => fs.readFileSync('/proc/' + pid + '/' + name, 'utf8'));
  if (words.includes('OPEN, READY') && env.includes('HOME=' + process.env.HOME + '\\0')) process.kill(pid, 'SIGKILL');
} catch {}`;
  await runCommand(sandbox, ['node', '-e', kill]);
  await expect.poll(() => ask(tunnel.workspace, 'http://pypi.org/again')).toBe('200 package /again\n');
});

test('once it is closed, commands reach nothing', async () => {
  const tunnel = await open();
  await tunnel[Symbol.asyncDispose]();
  expect(await ask(tunnel.workspace, 'http://pypi.org/')).toBe('ECONNREFUSED\n');
});

test('a sandbox without a program that can forward is named, with the remedy', async () => {
  const bare = {
    ...sandbox,
    exec: ((argv, options) => sandbox.exec(argv, { ...options, env: { PATH: '/none' } })) as Sandbox['exec'],
  };
  await expect(RegistryTunnel.open(bare, dial, { hosts: [], onRefused: () => {} })).rejects.toMatchObject({
    name: 'SandboxError',
    code: 'NETWORK_PROXY',
    message:
      'The sandbox gets no proxy to package registries. The tunnel into the sandbox did not start: the sandbox has no program that can forward.',
    hint: "Add python3, perl or node to the task's image, or choose the network open or none.",
  });
});
