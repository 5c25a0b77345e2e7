import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { folderWith, refusal } from './config.test.support.ts';
import { readConfigFile } from './read.ts';

afterEach(() => {
  vi.useRealTimers();
});

const refused = (file: string, content: string) => {
  const folder = folderWith({ [file]: content });
  return refusal(() => readConfigFile(join(folder, file), folder));
};

test.for([
  ['c.yaml', 'agent: a\nagent: b\n', '2:1: the key "agent" is there twice'],
  ['c.json', '{ "a": 1,\n  "a": 2 }', '2:3: the key "a" is there twice'],
  [
    'c.yaml',
    'agent: oracle\n  model: x\n',
    '1:8: a second ":" within one value; indent the lines as those around them, or quote a text that has ": " in it',
  ],
  [
    'c.yaml',
    'profiles:\n    a: {}\n  b: {}\n',
    '3:1: the indentation is not that of the lines around it, or a bracket above is not closed',
  ],
  [
    'c.yaml',
    'features: [1, 2\nmodel: x\n',
    '2:1: the indentation is not that of the lines around it, or a bracket above is not closed',
  ],
  ['c.yaml', 'profiles:\n\ta: {}\n', '2:1: a tab cannot indent; use spaces'],
  ['c.yaml', 'agent:oracle\nmodel: x\n', '1:1: this line has no ": " between a key and its value'],
  ['c.yaml', 'agent: x\nmodel\n', '2:1: a ":" or a "," is missing here'],
  ['c.yaml', 'agent: @x\n', '1:8: a text that begins with @ has to be quoted'],
  ['c.yaml', 'agent: *x\n', '1:8: a text that begins with * has to be quoted'],
  ['c.yaml', 'agent: "\\x"\n', '1:9: \\x means nothing between double quotes'],
  ['c.yaml', 'agent: "x\n', '2:1: the file ends, and a bracket or a quote is not closed'],
  ['c.yaml', 'agent: a\n---\nmodel: b\n', '2:1: a second document begins; a configuration is one'],
  ['c.json', '{ "model": "x"\n', '2:1: the file ends, and a bracket or a quote is not closed'],
  ['c.json', '{ "a": 1\n  "b": 2 }', '1:8: a "," is missing between two keys'],
  ['c.json', '{ "a": 1 } }', '1:12: nothing more can follow here'],
  ['c.json', '{ "a": "//",\n  // why\n  "b": 2 }', '2:3: JSON has no comments; in YAML they begin with #'],
] as const)('%s: %j', async ([file, content, message]) => {
  expect(await refused(file, content)).toEqual({
    code: 'CONFIG_SYNTAX',
    message: `${file}:${message}`,
    hint: 'Correct the file there.',
  });
});

const exporting = 'It must default-export the configuration, best as defineConfig({ … }).';

test.for([
  ['export const config = {};', 'it has no default export'],
  ['export default () => ({});', 'its default export is a function, expected an object'],
  ['export default "oracle";', 'its default export is "oracle", expected an object'],
] as const)('code: %s', async ([content, fault]) => {
  expect(await refused('c.mjs', content)).toEqual({
    code: 'CONFIG_LOAD',
    message: `c.mjs could not be loaded: ${fault}.`,
    hint: exporting,
  });
});

test('code that throws is told with its line', async () => {
  expect(await refused('c.mjs', 'const x = undefined;\n\nexport default x.agent;')).toEqual({
    code: 'CONFIG_LOAD',
    message: "c.mjs:3:18 could not be loaded: Cannot read properties of undefined (reading 'agent')",
    hint: 'Correct the file there.',
  });
});

test('an import that never ends is given up', async () => {
  vi.useFakeTimers();
  const ending = refused('c.mjs', 'await new Promise(() => {});\nexport default {};');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await ending).toEqual({
    code: 'CONFIG_LOAD',
    message: 'c.mjs could not be loaded: its import did not end within 20 seconds.',
    hint: 'Correct the file there.',
  });
});
