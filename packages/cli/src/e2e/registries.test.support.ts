import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type Agent,
  type AgentContext,
  type AgentDefinition,
  type Plugin,
  runCommand,
} from '@cooperbench/core';
import { createTestsEvaluator } from '@cooperbench/evaluator-tests/parts';
import { createRegistriesNetwork } from '@cooperbench/network-registries/network';
import type { RunEvent } from '@cooperbench/records';
import { createContainer, type RunOptions, tokens } from '@cooperbench/runs';
import { expect } from 'vitest';
import { readDefaultPlugins } from '../library/bundled.ts';
import { shellDataset } from './dataset.test.support.ts';

/** A package index of Python and one of npm on loopback. Each has one package, `cb-needed`. */
export interface SmallRegistry extends AsyncDisposable {
  /** The certificate that clients must trust. */
  readonly certificate: string;
  /** Leads every host to the registry. */
  readonly dial: (host: string, port: number) => ReturnType<typeof dialTo>;
  /** `HOST PATH` of each request. */
  readonly requests: readonly string[];
}

const hosts = ['pypi.org', 'files.pythonhosted.org', 'registry.npmjs.org'];

export async function smallRegistry(): Promise<SmallRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-registry-'));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  const names = hosts.map((host) => `DNS:${host}`).join(',');
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-nodes',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=registry', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const files = packages(folder);
  const requests: string[] = [];
  const serve: RequestListener = ({ headers: { host = '' }, url = '' }, answer) => {
    requests.push(`${host} ${url}`);
    const file = files.get(`${host}${url}`);
    if (file) answer.writeHead(200, { 'content-type': file.type }).end(file.content);
    else answer.writeHead(404).end();
  };
  const tls = createHttps({ key: readFileSync(key), cert: readFileSync(certificate) }, serve);
  const plain = createHttp(serve);
  for (const server of [tls, plain]) await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    certificate: readFileSync(certificate, 'utf8'),
    requests,
    dial: (_host, port) => dialTo(port === 443 ? tls : plain),
    async [Symbol.asyncDispose]() {
      for (const server of [tls, plain]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

async function dialTo(server: Pick<Server, 'address'>) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

/** Returns the files of the registry, by host and path. */
function packages(folder: string): Map<string, { type: string; content: string | Buffer }> {
  const wheel = 'cb_needed-1.0-py3-none-any.whl';
  const zip = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    wheel.writestr('cb_needed.py', 'VALUE = "from pypi"\\n')
    info = 'cb_needed-1.0.dist-info/'
    wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: cb-needed\\nVersion: 1.0\\n')
    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    wheel.writestr(info + 'RECORD', '')
`;
  execFileSync('python3', ['-c', zip, join(folder, wheel)]);
  mkdirSync(join(folder, 'package'));
  writeFileSync(
    join(folder, 'package/package.json'),
    JSON.stringify({ name: 'cb-needed', version: '1.0.0' }),
  );
  writeFileSync(join(folder, 'package/index.js'), 'module.exports = "from npm";\n');
  execFileSync('tar', ['-czf', 'package.tgz', 'package'], { cwd: folder });
  const tarball = 'registry.npmjs.org/cb-needed/-/cb-needed-1.0.0.tgz';
  const dist = { tarball: `https://${tarball}` };
  const document = {
    name: 'cb-needed',
    'dist-tags': { latest: '1.0.0' },
    versions: { '1.0.0': { name: 'cb-needed', version: '1.0.0', dist } },
  };
  const debian =
    'Package: cb-needed\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: from debian\nFilename: ./cb-needed.deb\nSize: 1\n';
  const page = `<!DOCTYPE html><a href="https://files.pythonhosted.org/packages/${wheel}">${wheel}</a>`;
  return new Map([
    ['pypi.org/simple/cb-needed/', { type: 'text/html', content: page }],
    [
      `files.pythonhosted.org/packages/${wheel}`,
      { type: 'application/zip', content: readFileSync(join(folder, wheel)) },
    ],
    ['registry.npmjs.org/cb-needed', { type: 'application/json', content: JSON.stringify(document) }],
    ['deb.debian.org/cb/Packages', { type: 'text/plain', content: debian }],
    [tarball, { type: 'application/octet-stream', content: readFileSync(join(folder, 'package.tgz')) }],
  ]);
}

/** What each tool prints in a seat's sandbox, by name. */
export type ToolAnswers = Record<string, string>;

/** Commands that use a registry as a user does. `$CERTIFICATE` is a file. */
const tools: Readonly<Record<string, string>> = {
  pip: `PIP_CERT=$CERTIFICATE python3 -m pip install -q --retries 0 --root-user-action ignore --no-cache-dir --disable-pip-version-check --target /tmp/pip cb-needed && PYTHONPATH=/tmp/pip python3 -c 'import cb_needed; print(cb_needed.VALUE)'`,
  npm: `mkdir -p /tmp/work && cd /tmp/work && node /tmp/npm/bin/npm-cli.js install --silent --fetch-retries=0 --cafile $CERTIFICATE --no-audit --no-fund --no-update-notifier --cache /tmp/cache cb-needed && node -p 'require("cb-needed")'`,
  fetch: `NODE_EXTRA_CA_CERTS=$CERTIFICATE node -e 'fetch("https://registry.npmjs.org/cb-needed").then((answer) => answer.json()).then(({ name }) => console.log(name))'`,
  apt: `printf 'deb [trusted=yes] http://deb.debian.org/cb ./' > /tmp/cb.list && mkdir -p /tmp/apt/lists && apt="-o Dir::Etc::SourceList=/tmp/cb.list -o Dir::Etc::SourceParts=- -o Dir::State::Lists=/tmp/apt/lists -o Dir::Cache=/tmp/apt" && apt-get $apt -qq -o APT::Sandbox::User=root -o Acquire::AllowInsecureRepositories=yes -o Acquire::Languages=none update > /dev/null 2>&1; apt-cache $apt show cb-needed | sed -n 's/^Description: //p'`,
  git: 'git ls-remote https://github.com/pallets/click',
  urllib: `python3 -c 'import urllib.request as u; print(u.urlopen("http://169.254.169.254/latest/meta-data").read())'`,
};

/** Runs one pair on a backend. An agent uses the tools, and the runner of each feature installs a package. */
export async function runWithRegistry(
  registry: SmallRegistry,
  root: string,
  options: Partial<RunOptions>,
): Promise<{ tools: ToolAnswers; events: RunEvent[]; file: (name: string) => Record<string, never> }> {
  const datasetDir = shellDataset(join(root, 'dataset'), {
    ownImages: 'shared',
    beforeCheck:
      'PIP_CERT=ca.pem python3 -m pip install -q --retries 0 --root-user-action ignore --no-cache-dir --disable-pip-version-check --target deps cb-needed || exit 1',
  });
  writeFileSync(join(datasetDir, 'shell_task/task1/repo/ca.pem'), registry.certificate);
  const answers: ToolAnswers = {};
  const agent: Agent = {
    async run(_task, context) {
      context.record({ type: 'step' });
      if (context.seat === 'agent1') Object.assign(answers, await useTools(context, registry));
      for (const id of context.features)
        await runCommand(context.workspace, ['sed', '-i', `/^section ${id}$/a feature ${id}`, 'lib.txt']);
      return { status: 'Completed' };
    },
  };
  const definition: AgentDefinition = { create: () => agent, untrusted: () => false };
  const plugin: Plugin = {
    ...{ name: 'tools', version: '1.0.0', apiVersion: 1, agents: { tools: definition } },
    networks: { registries: { create: () => createRegistriesNetwork(registry.dial) } },
  };
  // A task whose tests run with no patch is tried again at once.
  const evaluators = { tests: { create: () => createTestsEvaluator([1]) } };
  const others = (await readDefaultPlugins())
    .filter(({ networks }) => networks === undefined)
    .map((other) => (other.evaluators?.tests ? { ...other, evaluators } : other));
  const container = createContainer([...others, plugin]);
  const events: RunEvent[] = [];
  await container.get(tokens.runs).run({
    ...{ runName: 'x', agent: 'tools', datasetDir, logsDir: join(root, 'logs'), ...options },
    onEvent: (event) => void events.push(event),
  });
  const folder = join(root, 'logs/x/coop/shell_task/1/f1_f2');
  const file = (name: string): Record<string, never> => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  return { tools: answers, events, file };
}

async function useTools({ workspace }: AgentContext, { certificate }: SmallRegistry): Promise<ToolAnswers> {
  const npm = dirname(dirname(realpathSync(execFileSync('sh', ['-c', 'command -v npm']).toString().trim())));
  const archive = execFileSync('tar', ['-C', dirname(npm), '-cz', 'npm'], { maxBuffer: 1 << 28 });
  await workspace.writeFile('/tmp/ca.pem', certificate);
  await runCommand(workspace, ['tar', '-C', '/tmp', '-xz'], { stdin: archive });
  const answers: ToolAnswers = {};
  for (const [name, script] of Object.entries(tools)) {
    const env = { CERTIFICATE: '/tmp/ca.pem' };
    const { stdout, stderr } = await runCommand(workspace, ['sh', '-c', script], { env });
    answers[name] = `${stdout}${stderr}`.trim();
  }
  return answers;
}

/** What eval.json says of a task whose runner needs a registry, where no patch has a network. */
export const unusableTask = {
  ...{ network: 'none', both_passed: false, error_code: 'TASK_UNUSABLE' },
  error: expect.stringMatching(/^task unusable: .*cb-needed/),
  control: { status: 'unusable' },
};
