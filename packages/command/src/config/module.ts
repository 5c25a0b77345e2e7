import { dirname } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { importProjectFile } from '../plugins/import-project-file.ts';
import { findMissingPackage, importOthers } from '../plugins/imports.ts';
import { describeValue } from '../plugins/shape.ts';

/** Imports the default export of a JavaScript or TypeScript file. Node strips the types. @throws ConfigError `CONFIG_LOAD`. */
export async function readModule(path: string, name: string): Promise<object> {
  const { isThere, value } = await readExport(path, name);
  if (typeof value === 'object' && value !== null) return value;
  const fault = isThere
    ? `its default export is ${describeValue(value)}, expected an object`
    : 'it has no default export';
  throw new ConfigError('CONFIG_LOAD', `${name} could not be loaded: ${fault}.`, {
    hint: 'It must default-export the configuration, preferably as defineConfig({ … }).',
  });
}

async function readExport(path: string, name: string): Promise<{ isThere: boolean; value: unknown }> {
  try {
    return await importOthers(async () => {
      const module = (await importProjectFile(path)) as { default?: unknown };
      return { isThere: 'default' in module, value: await module.default };
    });
  } catch (cause) {
    const missing = findMissingPackage(cause);
    const hint = missing
      ? `Install it in ${dirname(path)}: npm install --save-dev ${missing}`
      : 'Correct the file there.';
    const place = `${name}${formatLineIn(path, cause)}`;
    throw new ConfigError('CONFIG_LOAD', `${place} could not be loaded: ${getMessage(cause)}`, {
      hint,
      cause,
    });
  }
}

/** `:LINE` or `:LINE:COLUMN` of an error in the file. Node reports it only in the stack, and not for every error. */
function formatLineIn(path: string, error: unknown): string {
  const stack = (error as Partial<Error> | null | undefined)?.stack ?? '';
  return stack.split('\n').flatMap((line) => line.split(path)[1]?.match(/^(:\d+){1,2}/)?.[0] ?? [])[0] ?? '';
}
