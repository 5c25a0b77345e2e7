import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { arch, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { installPython } from './python.ts';

test('an image without a Python that fits is told which one is needed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cooperbench-python-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const install = installPython({ directory, python: '>=3.10,<3.13', packages: 'aider', pins: '' });
  const [, version] = /^uv_version='([\d.]+)'$/m.exec(install) ?? [];
  // A package index whose uv finds no Python and cannot download one.
  const wheel = join(directory, 'uv.whl');
  const uv = "#!/bin/sh\necho 'error: no download' >&2\nexit 2\n";
  const pack = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").writestr(sys.argv[2], sys.argv[3])';
  execFileSync('python3', ['-c', pack, wheel, `uv-${version}.data/scripts/uv`, uv]);
  const machine = arch() === 'arm64' ? 'aarch64' : 'x86_64';
  const file = `/files/uv-${version}-py3-none-musllinux_1_1_${machine}.whl`;
  const server = createServer(({ url }, response) => {
    response.end(url === file ? readFileSync(wheel) : `<a href="${file}">uv</a>`);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');

  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const match = execFileSync('python3', ['--version'], { encoding: 'utf8' }).trim();
  await expect(
    promisify(execFile)('sh', [
      '-ec',
      `registry=${registry}\n${install.replaceAll('/usr/local/bin', directory)}`,
    ]),
  ).rejects.toMatchObject({
    code: 1,
    stderr: `error: no download
This needs Python >=3.10,<3.13. The image has ${match}, and uv could not download one from GitHub. Use an image with such a Python, or the option command.
`,
  });
});
