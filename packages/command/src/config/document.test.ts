import { join } from 'node:path';
import { folderWith } from '@cooperbench/test-support/folder';
import { findRefusal } from '@cooperbench/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { readConfigFile } from './files.ts';
import { readModule } from './module.ts';

afterEach(() => {
  vi.useRealTimers();
});

const refused = (file: string, content: string) => {
  const folder = folderWith({ [file]: content });
  return findRefusal(() => readConfigFile(join(folder, file), { cwd: folder, owner: 'project', folder }));
};

const hints = {
  'c.json':
    'Correct the file there. JSON needs double quotes and commas between entries, and has no comments.',
  'c.yaml':
    'Correct the file there. YAML needs a space after the colon of a key, indents with equal spaces, and quotes text with special characters.',
};

test.for([
  ['c.yaml', 'agent: a\nagent: b\n', ':2:1: Map keys must be unique'],
  ['c.json', '{ "a": 1,\n  "a": 2 }', ':2:3: Map keys must be unique'],
  ['c.yaml', 'agent: a\n  model: x\n', ':1:8: Nested mappings are not allowed in compact mappings'],
  ['c.yaml', 'profiles:\n\ta: {}\n', ':2:1: Tabs are not allowed as indentation'],
  ['c.yaml', 'agent: @x\n', ':1:8: Plain value cannot start with reserved character @'],
  ['c.yaml', 'agent: *x\n', ': Unresolved alias (the anchor must be set before the alias): x'],
  ['c.yaml', 'agent: a\n---\nmodel: b\n', ':2:1: Source contains multiple documents'],
  ['c.json', '{ "model": "x"\n', ":2:1: Expected ',' or '}' after property value"],
  ['c.json', '{ "a": 1\n  "b": 2 }', ":2:3: Expected ',' or '}' after property value"],
  ['c.json', '{ "a": 1, }', ':1:11: Expected double-quoted property name'],
  ['c.json', '{ "a": 1 } }', ':1:12: Unexpected non-whitespace character after JSON'],
  ['c.json', '{ "a": "//",\n  // why\n  "b": 2 }', ':2:3: Expected double-quoted property name'],
] as const)('%s: %j', async ([file, content, message]) => {
  expect(await refused(file, content)).toEqual({
    code: 'CONFIG_SYNTAX',
    message: `${file}${message}.`,
    hint: hints[file],
  });
});

const exporting = 'It must default-export the configuration, preferably as defineConfig({ … }).';

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

test('an error about code that throws has its line', async () => {
  expect(await refused('c.mjs', 'const x = undefined;\n\nexport default x.agent;')).toEqual({
    code: 'CONFIG_LOAD',
    message: "c.mjs:3:18 could not be loaded: Cannot read properties of undefined (reading 'agent')",
    hint: 'Correct the file there.',
  });
});

test('an import that never ends is given up', async () => {
  const folder = folderWith({ 'c.mjs': 'await new Promise(() => {});\nexport default {};' });
  vi.useFakeTimers();
  const ending = findRefusal(() => readModule(join(folder, 'c.mjs'), 'c.mjs'));
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await ending).toEqual({
    code: 'CONFIG_LOAD',
    message: 'c.mjs could not be loaded: its import did not end within 20 seconds.',
    hint: 'Correct the file there.',
  });
});
