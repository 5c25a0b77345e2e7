import { execFileSync } from 'node:child_process';
import { createScratch } from './cli.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { needing } from './services.test.support.ts';

const { describe, test, reason } = needing('docker');

describe.concurrent(`with Docker${reason}`, () => {
  test('doctor says which promises an image breaks and why, and exits 1', async ({
    expect,
    onTestFinished,
  }) => {
    const image = `cooperbench-test/no-head-${process.pid}`;
    const input =
      'FROM cooperbench-test/base\nRUN git init -q /workspace/repo && rm /workspace/repo/.git/HEAD\n';
    execFileSync('docker', ['build', '-q', '-t', image, '-'], { input, stdio: 'pipe' });
    onTestFinished(() => void execFileSync('docker', ['rmi', image], { stdio: 'ignore' }));
    const args = ['doctor', '--backend', 'docker', '--image', image];
    const { code, stdout } = await runInProcess(createScratch(onTestFinished), args);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^✗ the repository is a git repository, and git works in it {2}\d+ ms\n {4}fatal: not a git repository/m,
    );
    expect(stdout).toMatch(/^✓ disposing twice, even concurrently, is harmless {2}\d+ ms$/m);
    expect(stdout).toContain(
      '- the repository is at one commit with a clean work tree\n    an image of your own may contain more than one commit\n',
    );
    expect(stdout).toMatch(/^docker: \d+ promises kept, 1 broken, \d+ not applicable\.$/m);
  });

  test("clean takes other hosts' containers when they are older than asked, and not before", async ({
    expect,
    onTestFinished,
  }) => {
    const scratch = createScratch(onTestFinished);
    const owner = JSON.stringify({ pid: 1, host: 'elsewhere', machine: 'another' });
    const name = `cooperbench-e2e-elsewhere-${process.pid}`;
    const label = `cooperbench.owner=${owner}`;
    execFileSync('docker', ['create', '--name', name, '--label', label, 'cooperbench-test/base', 'true']);
    try {
      const clean = ['clean', '--backend', 'docker'];
      const keptNames = [clean, [...clean, '--all-hosts', '--older-than', '1h']];
      for (const args of keptNames) {
        const { code, stderr, stdout } = await runInProcess(scratch, args);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout).not.toContain(name);
      }
      const ending = await runInProcess(scratch, [...clean, '--all-hosts', '--older-than', '1s']);
      expect(ending).toMatchObject({ code: 0, stderr: '' });
      expect(ending.stdout).toContain(`docker: removed ${name}\n`);
    } finally {
      execFileSync('docker', ['rm', '-f', name], { stdio: 'ignore' });
    }
  });
});
