import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scriptedModel } from '../packages/core/src/testing/scripted-model.ts';
import { generate } from './generate.ts';
import { type CommandMetadata, readCommands } from './support/command-metadata.ts';
import { codesInSources, documentedCodes } from './support/error-codes.ts';
import { blocks, deadLinks, pages, root } from './support/markdown.ts';
import { redisServer, servicesOf } from './support/services.ts';
import { Workshop } from './support/workshop.ts';

/** Pages whose every command is run; in the others, commands only have to exist. */
const ours = pages(
  'README.md',
  'CONTRIBUTING.md',
  'docs/**/*.md',
  'packages/core/README.md',
  'packages/cli/README.md',
);
const all = [...ours, ...pages('packages/{agent,backend,bus}-*/README.md', 'dataset/README.md')];

test.for(all)('$path has no dead link', (page) => {
  expect(deadLinks(page)).toEqual([]);
});

describe('the commands of', () => {
  let model: Awaited<ReturnType<typeof scriptedModel>>;
  beforeAll(async () => {
    // Hands in at once.
    const command = 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT';
    model = await scriptedModel({ toolCalls: [{ name: 'bash', arguments: { command } }] });
  });
  afterAll(() => model[Symbol.asyncDispose]());

  const runnable = (language: string): boolean => language === 'sh' || language === 'ts';
  const withCommands = ours.filter((page) => blocks(page).some(({ language }) => runnable(language)));

  const marked = withCommands.map((page) => ({ page, ...page, services: servicesOf(page) }));

  test.concurrent.for(marked)(
    '$path work$services.missing',
    { timeout: 300_000 },
    async ({ page, services }, { expect, skip }) => {
      skip(services.missing !== '', services.missing);
      await using redis = services.names.includes('redis') ? await redisServer() : undefined;
      await using workshop = await Workshop.open({
        OPENAI_BASE_URL: model.url,
        ...(redis ? { REDIS_URL: redis.url } : {}),
        // No registry can be reached, so the sample tasks' images are built on the tests' own.
        COOPERBENCH_BACKEND_OPTION: 'docker.baseImage=cooperbench-test/base',
      });
      for (const { language, mark, code } of blocks(page).filter(({ language }) => runnable(language))) {
        expect(['', 'model', 'docker', 'redis']).toContain(mark);
        const ending = await (language === 'sh' ? workshop.sh(code) : workshop.node(code));
        expect(ending, `${code}\n${ending.output}`).toMatchObject({ code: 0 });
      }
    },
  );
});

describe('what is said of commands', () => {
  let commands: readonly CommandMetadata[];
  beforeAll(async () => {
    commands = await readCommands();
  });

  test.for(all)('$path names no command or flag that does not exist', (page) => {
    const shell = blocks(page).filter(({ language }) => ['sh', 'console', 'text'].includes(language));
    const lines = shell.flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'));
    const unknown = lines.flatMap((line) => unknownParts(line, commands));
    expect(unknown).toEqual([]);
  });
});

/** `run` → nothing; `run --forse` → `run --forse`; `rnu` → `rnu`. */
function unknownParts(line: string, commands: readonly CommandMetadata[]): string[] {
  const said = /(?:^|^\$ |pnpm@12 )cooperbench ([a-z]+)(.*)$/.exec(line);
  if (!said || said[1] === 'help') return [];
  const [, id = '', rest = ''] = said;
  const command =
    commands.find((command) => `${id}${rest} `.startsWith(`${command.id} `)) ??
    commands.find((command) => command.id.split(' ')[0] === id);
  if (!command) return [id];
  const flagged = Object.entries(command.flags).flatMap(([name, { allowNo }]) => [
    `--${name}`,
    ...(allowNo ? [`--no-${name}`] : []),
  ]);
  const known = ['--json', '--help', '--profile', ...flagged];
  const flags = [...rest.matchAll(/(?<=\s)--[a-z-]+/g)].map(([flag]) => flag);
  return flags.filter((flag) => !known.includes(flag)).map((flag) => `${id} ${flag}`);
}

describe('the reference', () => {
  test('is what `node docs/generate.ts` writes', async () => {
    for (const [path, text] of await generate())
      expect(readFileSync(join(root, path), 'utf8'), `${path} is stale: node docs/generate.ts`).toBe(text);
  });

  test('has every error code, and no other', () => {
    expect(documentedCodes()).toEqual(codesInSources());
  });

  test('has every field of every file', async () => {
    await using workshop = await Workshop.open();
    const run = 'cooperbench run -n run --backend local --agent oracle --repo recur_task --features 2,4';
    const ending = await workshop.sh(`${run} --git; ${run} --setting solo`);
    expect(ending, ending.output).toMatchObject({ code: 0 });
    const files = globSync('logs/run/**/*.{json,jsonl}', { cwd: workshop.folder });
    expect(files.length).toBeGreaterThan(10);
    const page = readFileSync(join(root, 'docs/reference/files.md'), 'utf8');
    const named = new Set([...page.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name));
    const fields = files.flatMap((file) =>
      readFileSync(join(workshop.folder, file), 'utf8')
        .split(file.endsWith('.jsonl') ? '\n' : /$^/)
        .filter(Boolean)
        .flatMap((text) => fieldsOf(JSON.parse(text), file.endsWith('.jsonl'))),
    );
    expect([...new Set(fields)].filter((field) => !named.has(field))).toEqual([]);
  });

  test('has every decision in its index', () => {
    const index = readFileSync(join(root, 'docs/decisions/README.md'), 'utf8');
    const records = globSync('2*.md', { cwd: join(root, 'docs/decisions') });
    expect(records.filter((record) => !index.includes(`](${record})`))).toEqual([]);
  });
});

/** Keys of objects, except those that are data: seats, features, settings, packages. Of an event, its type. */
function fieldsOf(value: unknown, isEvent: boolean): string[] {
  if (isEvent) return [(value as { type: string }).type];
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, false));
  return Object.entries(value).flatMap(([key, inner]) => [
    ...(/^(agent\d+|\d+|coop|solo|@.*|node|strict|union|lead)$/.test(key) ? [] : [key]),
    ...fieldsOf(inner, false),
  ]);
}
