import { readFileSync } from 'node:fs';
import { formatAssignments } from './assignments.ts';
import { downloadScript } from './download.ts';

/** The Python of a framework and the packages that it needs. */
export interface PythonInstall {
  /** Its directory, such as `/opt/mini-swe-agent`. */
  readonly directory: string;
  /** The Pythons that fit: `>=3.11,<3.15`. */
  readonly python: string;
  /** Shell words for `uv pip install`: `mini-swe-agent==2.4.6`, or `-e DIRECTORY`. */
  readonly packages: string;
  /** `NAME==VERSION` of what it needs. Of every other package, uv takes the newest version that fits. */
  readonly pins: string;
  /** POSIX sh that runs first, in the directory. `download URL FILE` downloads. */
  readonly before?: string;
}

const uvVersion = '0.13.9';

const script = readFileSync(new URL('../../src/definition/python.sh', import.meta.url), 'utf8');

/**
 * POSIX sh that makes a virtual environment with uv. uv takes the Python of the image if it fits, and otherwise downloads one
 * of python-build-standalone. `$registry` is the package index, or empty.
 */
export function installPython({ directory, python, packages, pins, before = ':' }: PythonInstall): string {
  const lines = pins.trim().replaceAll(/\s+/g, '\n');
  return `${formatAssignments({ directory, python, pins: lines, uv_version: uvVersion })}
prepare() {
${before}
}
${downloadScript}
set -- ${packages}
${script}`;
}
