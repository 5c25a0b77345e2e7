import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './markdown.ts';

/** What of a command's static metadata the reference shows. */
export interface CommandMetadata {
  readonly id: string;
  readonly summary: string;
  readonly args: Readonly<Record<string, ArgMetadata>>;
  readonly flags: Readonly<Record<string, FlagMetadata>>;
}

interface ArgMetadata {
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
}

export interface FlagMetadata {
  readonly type: 'option' | 'boolean';
  readonly char?: string;
  readonly summary?: string;
  readonly default?: unknown;
  /** Returns the default as help shows it. */
  readonly defaultHelp?: () => Promise<string>;
  readonly helpValue?: string;
  readonly env?: string;
  /** The key of the setting that the flag was made for. */
  readonly setting?: string;
  readonly required?: boolean;
  readonly multiple?: boolean;
  /** `--no-NAME` sets it to false. */
  readonly allowNo?: boolean;
}

/** Reads every command of every package, read from the classes as oclif does, sorted by name. */
export async function readCommands(): Promise<CommandMetadata[]> {
  const folders = globSync('packages/*/src/commands', { cwd: root }).map((path) => join(root, path));
  const commands = folders.flatMap((folder) => {
    const files = globSync('**/*.ts', { cwd: folder }).filter((file) => !file.includes('.test.'));
    return files.map((file) => ({ folder, file }));
  });
  commands.sort((left, right) => (left.file < right.file ? -1 : 1));
  return Promise.all(commands.map(({ folder, file }) => readCommand(folder, file)));
}

async function readCommand(folder: string, file: string): Promise<CommandMetadata> {
  const module = await import(/* @vite-ignore */ pathToFileURL(join(folder, file)).href);
  const { summary = '', args = {}, flags = {} } = module.default;
  const id = file.replace(/(\/index)?\.ts$/, '').replaceAll('/', ' ');
  return { id, summary, args, flags };
}
