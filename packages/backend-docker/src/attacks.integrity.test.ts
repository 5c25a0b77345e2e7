import { runCommand } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { bases, describeDocker, sampleSpec, sampleTask } from './docker.test.support.ts';
import { DockerBackend } from './docker-backend.ts';

describeDocker('in a container', () => {
  test('a command cannot make a user namespace, in which it would have every capability', async () => {
    await using backend = new DockerBackend({ build: true, baseImage: bases[0], network: 'none' });
    const spec = sampleSpec(sampleTask(), { image: 'cooperbench-test/attacks:task1' });
    await using sandbox = await backend.create(spec);
    const { stdout, stderr } = await runCommand(sandbox, [
      'unshare',
      '--user',
      '--map-root-user',
      'id',
      '-u',
    ]);
    expect(`${stdout}${stderr}`).toMatch(/^unshare: unshare failed: /);
  });

  test('nothing below /proc or /sys that belongs to the host can be written', async () => {
    await using backend = new DockerBackend({ build: true, baseImage: bases[0], network: 'none' });
    const spec = sampleSpec(sampleTask(), { image: 'cooperbench-test/attacks:task1' });
    await using sandbox = await backend.create(spec);
    const list = await runCommand(sandbox, ['python3', '-c', listWritable]);
    // A write there makes a trigger for its writer alone.
    const triggers = ['cpu', 'io', 'irq', 'memory'].map((name) => `/proc/pressure/${name}`);
    const written = `${list.stdout}${list.stderr}`.split('\n').filter((path) => !triggers.includes(path));
    expect(written).toEqual(['done', '']);
    const script = 'echo "|/tmp/x" > /proc/sys/kernel/core_pattern; mount -t sysfs none /tmp';
    const { stderr } = await runCommand(sandbox, ['sh', '-c', script]);
    expect(`${stderr}`).toMatch(/core_pattern: Read-only file system\nmount: .*permission denied/);
  });
});

/** Prints the files that have a right to write, and can be opened for that: root may open any, and the kernel refuses later. */
const listWritable = `
import os
for top in ('/proc', '/sys'):
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if not (folder == '/proc' and name.isdigit())]
        for path in [os.path.join(folder, name) for name in files]:
            if os.path.islink(path): continue
            try: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
            except OSError: continue
            status = os.stat(path)
            # Files are hidden below /dev/null.
            if status.st_mode & 0o222 and status.st_rdev != os.makedev(1, 3): print(path)
print('done')
`;
