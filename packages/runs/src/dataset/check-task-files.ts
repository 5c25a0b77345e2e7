import { isUtf8 } from 'node:buffer';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { getMessage } from '@cooperbench/core';
import { isFileSpecificError, readWholeFile } from '@cooperbench/core/host';
import { findFeaturePatchFault, findTestsPatchFault } from './patch-fault.ts';

/** Maximum sizes in bytes. A description goes into prompts; an agent's patch may be as large as these patches. */
const maxBytes = { description: 1024 * 1024, patch: 100 * 1024 * 1024, script: 16 * 1024 * 1024 };

const scripts = ['setup.sh', 'run_tests.sh', 'runner.sh', 'Dockerfile'];

/**
 * Checks the files of a task that agents, evaluation and images use, as far as that needs neither the code nor a sandbox:
 * files that are missing, not files, too large, empty, cut or not text. What it cannot see, such as tests that do not apply,
 * `dataset validate` finds. @throws Error that names the file.
 */
export function checkTaskFiles(directory: string, features: readonly number[]): void {
  for (const name of scripts) check(join(directory, name), maxBytes.script, findTextFault);
  for (const id of features) {
    const joinFeaturePath = (name: string): string => join(directory, `feature${id}`, name);
    check(requireFile(joinFeaturePath('feature.md')), maxBytes.description, findTextFault);
    check(requireFile(joinFeaturePath('tests.patch')), maxBytes.patch, findTestsPatchFault);
    check(joinFeaturePath('feature.patch'), maxBytes.patch, findFeaturePatchFault);
  }
}

/** Skips a file that does not exist. */
function check(path: string, limit: number, faultOf: (content: Uint8Array) => string | undefined): void {
  if (!exists(path)) return;
  const fault = faultOf(readBytes(path, limit));
  if (fault !== undefined) throw new Error(`${path} ${fault}`);
}

/** Reads a file of a task. @throws Error that names it. */
export function readBytes(path: string, limit: number): Uint8Array {
  try {
    return readWholeFile(path, { maxBytes: limit });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') throw new Error(`${path} cannot be read: its links form a loop`);
    if (code === 'ENOENT') throw new Error(`${path} cannot be read: what it links to does not exist`);
    if (isFileSpecificError(error)) throw new Error(`${path} cannot be read: ${getMessage(error)}`);
    throw error;
  }
}

function requireFile(path: string): string {
  if (!exists(path)) throw new Error(`${path} is missing`);
  return path;
}

/** Returns true for a link, wherever it leads. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function findTextFault(content: Uint8Array): string | undefined {
  if (content.every((byte) => byte <= 0x20)) return 'is empty';
  if (!isUtf8(content) || content.includes(0)) return 'is not UTF-8 text';
  return undefined;
}
