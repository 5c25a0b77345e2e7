/**
 * Writes what the reference takes from the code: `node docs/generate.ts`, or with `--check` says what is stale.
 * docs.test.ts does the latter.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { agentConfigKeys, agentPrompts } from './support/agent-config.ts';
import { type CommandMetadata, type FlagMetadata, readCommands } from './support/command-metadata.ts';
import { thrownMessages } from './support/error-messages.ts';
import { root, table } from './support/markdown.ts';
import { pluginApiPage } from './support/plugin-api.ts';
import { authorGuides } from './support/template-code.ts';

/** The generated pages as they should be, by their path in the repository. */
export async function generate(): Promise<Map<string, string>> {
  const commands = await readCommands();
  const environment = 'docs/reference/environment.md';
  const written = readFileSync(join(root, environment), 'utf8');
  const configuration = 'docs/reference/config.md';
  const errors = 'docs/reference/errors.md';
  const agentConfig = 'docs/reference/agent-config.md';
  const agentConfigPage = readFileSync(join(root, agentConfig), 'utf8');
  return new Map([
    ['docs/reference/commands.md', commandsPage(commands)],
    ['docs/reference/plugin-api.md', pluginApiPage()],
    ...(await authorGuides()),
    [errors, filled(readFileSync(join(root, errors), 'utf8'), 'messages', messageTable())],
    [
      agentConfig,
      filled(filled(agentConfigPage, 'keys', await agentConfigKeys()), 'prompts', await agentPrompts()),
    ],
    [configuration, await configurationPage(readFileSync(join(root, configuration), 'utf8'), commands)],
    [
      environment,
      filled(filled(written, 'flags', environmentTable(commands)), 'providers', await providerTable()),
    ],
  ]);
}

function commandsPage(commands: readonly CommandMetadata[]): string {
  return [
    '# Commands',
    'Generated from the commands themselves by `node docs/generate.ts`. The same is printed by `cooperbench COMMAND --help`.',
    'Every command takes `--json` (its result as JSON on standard output, or `{ "error": { "code", "message" } }`), `--help` and `--profile` (of the [configuration](../guide/configuration.md)), and `cooperbench --version` prints the version. A flag that names an environment variable may be given by it; [the flag wins](environment.md). What a flag says may also stand in [a configuration file](config.md), unless its environment variable is missing here. Exit codes are in [the guide](../guide/running-experiments.md#exit-codes). `help` and `autocomplete` come from oclif; `--help` explains them.',
    ...commands.map((command) => commandSection(command, commands)),
  ]
    .join('\n\n')
    .concat('\n');
}

function commandSection(
  { id, summary, description, examples, args, flags: all }: CommandMetadata,
  commands: readonly CommandMetadata[],
): string {
  const run = commands.find((command) => command.id === 'run')?.flags ?? {};
  const flags =
    id === 'config show'
      ? Object.fromEntries(Object.entries(all).filter(([name, flag]) => run[name] !== flag))
      : all;
  const names = Object.entries(args).map(([name, arg]) =>
    arg.required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  );
  const parts = [
    `## cooperbench ${id}`,
    `${summary} ${description}`.trim(),
    `\`cooperbench ${[id, ...names].join(' ')} [FLAGS]\``,
    ...Object.entries(args).map(
      ([name, arg]) =>
        `\`${name.toUpperCase()}\`: ${arg.description ?? ''}${arg.options ? ` One of ${arg.options.map((option) => `\`${option}\``).join(', ')}.` : ''}`,
    ),
  ];
  const rows = Object.entries(flags).map(([name, flag]) => [
    flagName(name, flag),
    `${flag.required ? '(required) ' : ''}${flag.summary ?? ''}`.replace(/ \[default: .*\]$/, ''),
    defaultOf(flag),
    flag.env ? `\`${flag.env}\`` : '',
  ]);
  if (rows.length > 0) parts.push(table(['flag', 'meaning', 'default', 'environment'], rows));
  if (examples.length > 0) parts.push(`Examples:\n\n\`\`\`text\n${examples.join('\n')}\n\`\`\``);
  return parts.join('\n\n');
}

function flagName(name: string, { char, type, multiple, allowNo }: FlagMetadata): string {
  const value = type === 'boolean' ? '' : ` ${multiple ? 'VALUE…' : 'VALUE'}`;
  return `\`${char ? `-${char}, ` : ''}--${allowNo ? '[no-]' : ''}${name}${value}\``;
}

/** Some defaults are not oclif's to fill in (core must see that none was given); their summaries state them. */
function defaultOf(flag: FlagMetadata): string {
  const stated = /\[default: (.*)\]$/.exec(flag.summary ?? '')?.[1];
  const value = typeof flag.default === 'function' ? stated : (flag.default ?? stated);
  return value === undefined ? '' : `\`${String(value)}\``;
}

function environmentTable(commands: readonly CommandMetadata[]): string {
  const uses = commands
    .filter(({ id }) => id !== 'config show')
    .flatMap(({ id, flags }) =>
      Object.entries(flags).flatMap(([name, { env }]) => (env ? [{ env, name, id }] : [])),
    );
  const rows = [...Map.groupBy(uses, ({ env }) => env)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([env, group]) => [
      `\`${env}\``,
      [...new Set(group.map(({ name }) => `\`--${name}\``))].join(', '),
      [...new Set(group.map(({ id }) => `\`${id}\``))].join(', '),
    ]);
  return table(['variable', 'flag', 'commands'], rows);
}

interface SettingSchema {
  readonly type: string;
  readonly description: string;
  readonly enum?: readonly string[];
  readonly title?: string;
}

async function configurationPage(written: string, commands: readonly CommandMetadata[]): Promise<string> {
  const cli = (file: string): string => pathToFileURL(join(root, 'packages/cli/src/config', file)).href;
  const { flagSettings } = (await import(/* @vite-ignore */ cli('schema.ts'))) as {
    flagSettings: Record<string, SettingSchema>;
  };
  const { keyOfFlag } = (await import(/* @vite-ignore */ cli('settings.ts'))) as {
    keyOfFlag(flag: FlagMetadata): string | undefined;
  };
  const all = commands.flatMap(({ id, flags }) =>
    Object.entries(flags).map(([name, flag]) => ({ id, name, flag, key: keyOfFlag(flag) })),
  );
  const rows = Object.entries(flagSettings).map(([key, schema]) => {
    const uses = all.filter((use) => use.key === key && use.id !== 'config show');
    const flags = new Set(uses.map(({ name, flag }) => flagName(name, flag).replace(/-\w, | VALUE/g, '')));
    return [
      `\`${key}\``,
      schema.enum?.map((value) => `\`${value}\``).join(', ') ??
        (key === 'timeout' ? 'duration' : schema.type),
      schema.description,
      [...flags].join(', '),
      [...new Set(uses.map(({ id }) => `\`${id}\``))].join(', '),
    ];
  });
  return filled(written, 'settings', table(['key', 'value', 'meaning', 'flag', 'commands'], rows));
}

function messageTable(): string {
  const rows = thrownMessages().map(({ code, kind, message }) => [
    `\`${code}\``,
    `\`${kind}\``,
    `\`${message.replaceAll('`', "'")}\``,
  ]);
  return table(['code', 'class', 'message'], rows);
}

interface Provider {
  readonly keys: readonly string[];
  readonly keyless?: true;
  readonly baseUrls: readonly string[];
}

async function providerTable(): Promise<string> {
  const source = pathToFileURL(join(root, 'packages/agent-mini-swe/src/providers/table.ts')).href;
  const { providers } = (await import(/* @vite-ignore */ source)) as { providers: Record<string, Provider> };
  const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');
  const rows = Object.entries(providers).map(([name, { keys, keyless, baseUrls }]) => [
    `\`${name}/…\``,
    `${listed(keys)}${keyless ? ' (not needed)' : ''}` || 'Google Cloud credentials, see below',
    listed(baseUrls),
  ]);
  return table(['models', 'key: the first one set', 'another address'], rows);
}

function filled(page: string, name: string, content: string): string {
  const open = `<!-- generated: ${name} -->`;
  const close = `<!-- end of ${name} -->`;
  const [before, rest = ''] = page.split(open);
  const after = rest.slice(rest.indexOf(close));
  return `${before}${open}\n\n${content}\n\n${after}`;
}

if (import.meta.main) {
  for (const [path, text] of await generate()) {
    const stale = readFileSync(join(root, path), { encoding: 'utf8', flag: 'a+' }) !== text;
    if (!stale) continue;
    if (process.argv.includes('--check')) process.exitCode = 1;
    else writeFileSync(join(root, path), text);
    process.stdout.write(`${path} ${process.argv.includes('--check') ? 'is stale' : 'written'}\n`);
  }
}
