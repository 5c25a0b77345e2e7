import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { type Scratch, slowness } from './cli.test.support.ts';

/** What runs a dataset of the tests' own on Docker: images of git and busybox, built from the tasks' Dockerfiles. */
export const onDocker: readonly string[] = [
  ...['--backend', 'docker', '--backend-option', 'docker.build=true'],
  ...['--backend-option', 'docker.baseImage=cooperbench-test/busybox'],
  ...['--backend-option', 'docker.pids=200'],
];

/** Resolves with what the `docker` command prints. */
export function docker(...args: readonly string[]): string {
  const timeout = Math.ceil(120_000 * slowness);
  return execFileSync('docker', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  }).trim();
}

const owner = ['--filter', 'label=cooperbench.owner', '--format', '{{.Name}} {{.Label "cooperbench.owner"}}'];

/** Containers, networks and volumes that a process made, by the label that names their owner. */
export function madeBy(pid: number): string[] {
  const containers = owner.map((word) => word.replace('.Name', '.Names'));
  const all = [
    docker('ps', '--all', ...containers),
    docker('network', 'ls', ...owner),
    docker('volume', 'ls', ...owner),
  ].join('\n');
  return all.split('\n').filter((line) => line.includes(`"pid":${pid},`));
}

/** Ends the processes of a process's containers from the host, by their ids: Docker may not be able to. */
export function endContainersOf(owner: number): void {
  const format = '{{.ID}} {{.Label "cooperbench.owner"}}';
  const ids = docker('ps', '--no-trunc', '--filter', 'label=cooperbench.owner', '--format', format)
    .split('\n')
    .filter((line) => line.includes(`"pid":${owner},`))
    .map((line) => line.split(' ')[0] as string);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
      if (ids.some((id) => groups.includes(id))) process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended.
    }
}

/** Removes the images of a test's dataset, and what was added to them. */
export function removeImages(scratch: Scratch): void {
  const name = scratch.root.split('/').at(-1)?.toLowerCase();
  const ids = (...args: string[]): string[] =>
    docker(...args, '--quiet', '--no-trunc')
      .split('\n')
      .filter(Boolean);
  const images = new Set(ids('image', 'ls', `cooperbench-test/${name}`));
  if (images.size === 0) return;
  for (const layers of new Set(ids('image', 'ls', 'cooperbench-layers')))
    try {
      if (ids('history', layers).some((id) => images.has(id))) docker('rmi', '--force', layers);
    } catch {
      // Another test has removed it.
    }
  docker('rmi', '--force', ...images);
}
