import { execFileSync } from 'node:child_process';
import type { Scratch } from './cli.test.support.ts';

/** What runs a dataset of the tests' own on Docker: images of git and busybox, built from the tasks' Dockerfiles. */
export const onDocker: readonly string[] = [
  ...['--backend', 'docker', '--backend-option', 'docker.build=true'],
  ...['--backend-option', 'docker.baseImage=cooperbench-test/busybox'],
  ...['--backend-option', 'docker.network=none', '--backend-option', 'docker.pids=200'],
];

/** Resolves with what the `docker` command prints. */
export function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
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

/** Removes the images of a test's dataset. */
export function removeImages(place: Scratch): void {
  const name = place.root.split('/').at(-1)?.toLowerCase();
  const images = docker('image', 'ls', '--quiet', `cooperbench-test/${name}`).split('\n').filter(Boolean);
  if (images.length > 0) docker('rmi', '--force', ...new Set(images));
}
