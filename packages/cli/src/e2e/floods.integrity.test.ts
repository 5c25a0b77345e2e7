import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerKey, scriptedProvider } from '@cooperbench/testing/frameworks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnEachBackend } from './attacks.test.support.ts';
import { createScratch, type Ending, type Scratch } from './cli.test.support.ts';
import { doFeature, shellDataset } from './dataset.test.support.ts';
import { removeImages } from './docker.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';

/** What agent1 floods, in Python, and the limit that it passes. Without one, the flood has no effect. */
const floods: Readonly<Record<string, { readonly deed: string; readonly limit?: string }>> = {
  'nested lists in a request': { deed: `ask(b'[' * 1000 + b']' * 1000)`, limit: 'jsonDepth' },
  'values in a request': { deed: `ask(b'[' + b'0,' * 2000000 + b'0]')`, limit: 'jsonNodes' },
  'bytes in a request': { deed: `ask(b'"' + b'x' * (80 << 20) + b'"')`, limit: 'requestBytes' },
  'lines of output': { deed: `endless(1, b'x\\n' * 50000)`, limit: 'events' },
  'bytes of standard error': { deed: `endless(2, b'x' * 999999 + b'\\n')`, limit: 'outputBytes' },
  'lines to the relay': { deed: `endless(relay_input(), b'printed.req.x\\n' * 4000)`, limit: 'relayLines' },
  "the relay's standard error": { deed: 'flood_relay_error()' },
};
const names = Object.keys(floods);

/** A framework. agent1 floods as its task says, and agent2 asks its model and does its feature meanwhile. */
const program = `
import glob, os, re, subprocess, sys, time, urllib.request
prompt = sys.argv[1]

def ask(messages):
    body = b'{"model": "gpt-4o", "messages": ' + messages + b'}'
    headers = {'authorization': 'Bearer ' + os.environ['KEY'], 'content-type': 'application/json'}
    urllib.request.urlopen(urllib.request.Request(os.environ['URL'] + '/chat/completions', body, headers)).read()

def write(fd, data):
    while data: data = data[os.write(fd, data):]

def endless(fd, data):
    while True: write(fd, data)

def relay_folder():
    client = subprocess.run(['sh', '-c', 'cat "$(command -v send_message)"'], capture_output=True, text=True).stdout
    return re.search("^dir='([^']*)'", client, re.M)[1]

def relay_input():
    return os.open(relay_folder() + '/in', os.O_RDWR)

# On local, other commands of the sandbox have processes of their own.
def flood_relay_error():
    for path in glob.glob('/proc/[0-9]*'):
        try:
            if os.readlink(path + '/cwd') == relay_folder(): write(os.open(path + '/fd/2', os.O_WRONLY), b'x' * (20 << 20))
        except OSError: pass

ask(b'[{"role": "user", "content": "hello"}]')
if 'You are agent1' in prompt:
    subprocess.run(['sh', '-c', ${JSON.stringify(doFeature(1))}], check=True)
    eval(re.search('^flood: (.*)$', prompt, re.M)[1])
else:
    for _ in range(3):
        ask(b'[{"role": "user", "content": "hello"}]')
        time.sleep(1)
    subprocess.run(['sh', '-c', ${JSON.stringify(doFeature(2))}], check=True)
`;

describeOnEachBackend('a seat that floods the host', (backendName) => {
  let remove = (): void => {};
  let scratch: Scratch;
  let ending: Ending;

  beforeAll(async () => {
    scratch = createScratch((work) => {
      remove = work;
    });
    const tasks = names.map((_, index) => index + 1);
    const dataset = shellDataset(join(scratch.root, 'dataset'), { tasks, ownImages: 'shared' });
    for (const [index, name] of names.entries())
      appendFileSync(
        join(dataset, `shell_task/task${index + 1}/feature1/feature.md`),
        `\nflood: ${floods[name]?.deed}\n`,
      );
    const cli = {
      ...{ name: 'flooder', api: 'openai', command: ['python3', '-c', program, '{prompt}'] },
      env: { URL: '{model_url}/v1', KEY: '{token}' },
    };
    writeFileSync(join(scratch.root, 'cooperbench.config.json'), JSON.stringify({ agentOptions: { cli } }));
    await using provider = await scriptedProvider([{ text: 'Hello.' }]);
    const options = ['build=true', 'baseImage=cooperbench-test/base'];
    ending = await runInProcess(
      scratch,
      [
        ...[
          'run',
          '-n',
          'x',
          '-a',
          'cli',
          '-m',
          'gpt-4o',
          '--base-url',
          provider.url,
          '--backend',
          backendName,
        ],
        ...(backendName === 'docker'
          ? options.flatMap((option) => ['--backend-option', `docker.${option}`])
          : []),
        ...['--dataset-dir', dataset, '--log-dir', scratch.logs, '--concurrency', '3'],
      ],
      { env: { COOPERBENCH_API_KEY: providerKey } },
    );
  });
  afterAll(() => {
    if (backendName === 'docker') removeImages(scratch);
    remove();
  });

  test('does not end the run', () => {
    expect(ending).toMatchObject({ code: 0, stderr: '' });
  });

  test.for(names)('%s', (name) => {
    const trial = join(scratch.logs, `x/coop/shell_task/${names.indexOf(name) + 1}/f1_f2`);
    const limit = floods[name]?.limit;
    const error =
      limit === undefined ? null : expect.stringContaining(`The seat passed its limit "${limit}": `);
    expect(readJson(trial, 'result.json')).toMatchObject({
      agents: {
        agent1: { status: limit === undefined ? 'Completed' : 'LimitsExceeded', error, patch_lines: 1 },
        agent2: { status: 'Completed', error: null, patch_lines: 1 },
      },
    });
    expect(readJson(trial, 'eval.json')).toMatchObject({ both_passed: true, error: null });
  });
});
