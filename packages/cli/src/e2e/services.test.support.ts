import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { slowness } from './cli.test.support.ts';

/** What a test needs of the machine; how to find out, by a command that fails without it. */
const probes: Readonly<Record<string, () => void>> = {
  // Not with all of `/`, of which Docker unmounts parts at any time.
  bubblewrap: () => {
    const system = ['/usr', '/bin', '/lib', '/lib64'].flatMap((path) => ['--ro-bind-try', path, path]);
    run('bwrap', ['--unshare-all', ...system, '--proc', '/proc', '--dev', '/dev', 'true']);
  },
  // In local sandboxes.
  compiler: () => {
    run('gcc', ['--version']);
    run('make', ['--version']);
    probes.bubblewrap?.();
  },
  dockerd: () => {
    run('dockerd', ['--version']);
    probes.docker?.();
    probes.mount?.();
  },
  mount: () => {
    const at = mkdtempSync(join(tmpdir(), 'cooperbench-mount-'));
    try {
      run('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', at]);
      run('umount', [at]);
    } finally {
      rmdirSync(at);
    }
  },
  fish: () => run('fish', ['--version']),
  'redis-server': () => run('redis-server', ['--version']),
  zsh: () => run('zsh', ['--version']),
  docker: () => run('docker', ['image', 'inspect', 'cooperbench-test/base']),
  registry: () => run('npm', ['view', 'yaml@2.9.1', 'version', '--fetch-retries=0', '--fetch-timeout=10000']),
};

function run(file: string, args: readonly string[]): void {
  execFileSync(file, args, { stdio: 'ignore', timeout: Math.ceil(30_000 * slowness) });
}

function has(service: string): boolean {
  if (process.env.COOPERBENCH_REQUIRE_SERVICES) return true;
  try {
    probes[service]?.();
    return true;
  } catch {
    return false;
  }
}

const valuesByKey = new Map<string, boolean>();

/** Returns whether this machine has a service, or COOPERBENCH_REQUIRE_SERVICES says that it must. */
export function isThere(service: string): boolean {
  const isKnown = valuesByKey.get(service) ?? has(service);
  valuesByKey.set(service, isKnown);
  return isKnown;
}

type Needs = {
  readonly test: typeof test;
  readonly describe: typeof describe;
  /** For titles: names what is missing. */
  readonly reason: string;
};

/** `test` and `describe`, skipped where the machine lacks a service, unless COOPERBENCH_REQUIRE_SERVICES is set. */
export function needing(
  service:
    | 'bubblewrap'
    | 'compiler'
    | 'docker'
    | 'dockerd'
    | 'fish'
    | 'mount'
    | 'redis-server'
    | 'registry'
    | 'zsh',
): Needs {
  const missing = !isThere(service);
  return {
    test: test.skipIf(missing) as typeof test,
    describe: describe.skipIf(missing) as typeof describe,
    reason: missing ? ` (skipped: no ${service})` : '',
  };
}
