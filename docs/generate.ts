/**
 * Generates the parts of the reference that come from code: `node docs/generate.ts`. With `--check`, lists stale pages;
 * docs.test.ts does that.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SettingEntry, SettingType } from '../packages/cli/src/settings/entry.ts';
import { settings } from '../packages/cli/src/settings/table.ts';
import {
  defaultText,
  type SettingKey,
  settingKeys,
  settingsOf,
  variableOf,
} from '../packages/cli/src/settings/values.ts';
import { agentConfigKeys, agentPrompts } from './support/agent-config.ts';
import { type CommandMetadata, type FlagMetadata, readCommands } from './support/command-metadata.ts';
import { thrownMessages } from './support/error-messages.ts';
import { root, table } from './support/markdown.ts';
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
  const agents = 'docs/guide/agents.md';
  const { features, limits } = await gatewayTables();
  const library = [optionList('run'), optionList('eval'), aliasList()].join('\n\n');
  return new Map([
    ['README.md', filled(readFileSync(join(root, 'README.md'), 'utf8'), 'options', library)],
    ['docs/reference/commands.md', await commandsPage(commands)],
    ...(await authorGuides()),
    [
      agents,
      filled(
        filled(readFileSync(join(root, agents), 'utf8'), 'provider-features', features),
        'host-limits',
        limits,
      ),
    ],
    [
      errors,
      filled(
        filled(readFileSync(join(root, errors), 'utf8'), 'messages', messageTable()),
        'refusals',
        await refusalTable(),
      ),
    ],
    [
      agentConfig,
      filled(filled(agentConfigPage, 'keys', await agentConfigKeys()), 'prompts', await agentPrompts()),
    ],
    [
      configuration,
      filled(readFileSync(join(root, configuration), 'utf8'), 'settings', configurationTable(commands)),
    ],
    [
      environment,
      filled(filled(written, 'flags', environmentTable(commands)), 'providers', await providerTable()),
    ],
  ]);
}

async function commandsPage(commands: readonly CommandMetadata[]): Promise<string> {
  return [
    '# Commands',
    'Generated from the commands by `node docs/generate.ts`. `cooperbench COMMAND --help` prints the same.',
    'Every command takes `--json` (its result as JSON on standard output, or `{ "error": { "code", "message" } }`), `--help`, and `--profile` and `--no-config` (of the [configuration](../guide/configuration.md)). A command that asks before [code of a project](../guide/configuration.md#code-of-a-project) runs takes `--trust`. `cooperbench --version` prints the version. A flag with an environment variable is also [a setting](config.md): the variable or a configuration file may give it, and [the flag wins](environment.md). The guide lists the [exit codes](../guide/running-experiments.md#exit-codes). `help` comes from oclif.',
    ...(await Promise.all(commands.map((command) => commandSection(command, commands)))),
  ]
    .join('\n\n')
    .concat('\n');
}

async function commandSection(
  { id, summary, description, examples, args, flags: all }: CommandMetadata,
  commands: readonly CommandMetadata[],
): Promise<string> {
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
  const rows = await Promise.all(
    Object.entries(flags).map(async ([name, flag]) => [
      flagName(name, flag),
      `${flag.required ? '(required) ' : ''}${flag.summary ?? ''}`,
      code((await flag.defaultHelp?.()) ?? flag.default),
      code(flag.env),
    ]),
  );
  if (rows.length > 0) parts.push(table(['flag', 'meaning', 'default', 'environment'], rows));
  if (examples.length > 0) parts.push(`Examples:\n\n\`\`\`text\n${examples.join('\n')}\n\`\`\``);
  return parts.join('\n\n');
}

function flagName(
  name: string,
  { char, type, multiple, allowNo, helpValue = 'VALUE' }: FlagMetadata,
): string {
  const value = type === 'boolean' ? '' : ` ${helpValue}${multiple ? '…' : ''}`;
  return `\`${char ? `-${char}, ` : ''}--${allowNo ? '[no-]' : ''}${name}${value}\``;
}

function code(value: unknown): string {
  return value === undefined ? '' : `\`${String(value)}\``;
}

/** A setting's flags, and the commands that take them. `config show` takes those of `run`. */
function usesOf(
  key: SettingKey,
  all: readonly CommandMetadata[],
): { readonly flags: string; readonly commands: string } {
  const uses = all
    .filter(({ id }) => id !== 'config show')
    .flatMap(({ id, flags }) =>
      Object.entries(flags).flatMap(([name, { env, allowNo }]) =>
        env === variableOf(key) ? [{ id, flag: code(`--${allowNo ? '[no-]' : ''}${name}`) }] : [],
      ),
    );
  return {
    flags: [...new Set(uses.map(({ flag }) => flag))].join(', '),
    commands: uses.map(({ id }) => code(id)).join(', '),
  };
}

function environmentTable(commands: readonly CommandMetadata[]): string {
  const rows = settingKeys
    .map((key) => ({ variable: variableOf(key), ...usesOf(key, commands) }))
    .sort((one, other) => (one.variable < other.variable ? -1 : 1))
    .map(({ variable, flags, commands: users }) => [code(variable), flags, users]);
  return table(['variable', 'flag', 'commands'], rows);
}

function configurationTable(all: readonly CommandMetadata[]): string {
  const rows = settingKeys.map((key) => {
    const { type, values, summary, ...entry }: SettingEntry = settings[key];
    const { flags, commands } = usesOf(key, all);
    return [
      code(key),
      values?.map(code).join(', ') ?? inFile[type],
      summary,
      code(defaultText({ type, default: entry.default })),
      flags,
      code(variableOf(key)),
      code(entry.alias),
      commands,
    ];
  });
  return table(['key', 'value', 'meaning', 'default', 'flag', 'variable', 'alias', 'commands'], rows);
}

/** The settings that a function of the library accepts, as a sentence. */
function optionList(command: 'run' | 'eval'): string {
  const keys = settingsOf(command).flatMap(({ key, option }) => (option === undefined ? [] : [code(key)]));
  const [title, own] = command === 'run' ? ['run', [code('seats')]] : ['evaluate', []];
  return `Settings of \`${title}\`: ${[...keys, ...own].join(', ')}.`;
}

/** The names of the Python original, with the keys that they mean. */
function aliasList(): string {
  const aliases = settingsOf('run').flatMap(({ key, alias }) =>
    alias === undefined ? [] : [`${code(alias)} (${code(key)})`],
  );
  const own = settingsOf('eval').flatMap(({ key, alias }) =>
    alias === undefined || alias === (settings[key] as SettingEntry).alias
      ? []
      : [`${code(alias)} of \`evaluate\` (${code(key)})`],
  );
  return `Names of the Python original are accepted, too: ${[...aliases, ...own].join(', ')}.`;
}

const inFile: Readonly<Record<SettingType, string>> = {
  text: 'text',
  network: 'text',
  path: 'path',
  url: 'URL',
  integer: 'integer',
  dollars: 'number',
  percent: 'number',
  boolean: '`true`, `false`',
  duration: 'duration',
  features: 'list of ids',
  names: 'list of names',
  options: '`{ NAME: { KEY: VALUE } }`',
  prices: '`{ MODEL: { input, output, … } }`',
};

function messageTable(): string {
  const rows = thrownMessages().map(({ code, kind, message }) => [
    `\`${code}\``,
    `\`${kind}\``,
    `\`${message.replaceAll('`', "'")}\``,
  ]);
  return table(['code', 'class', 'message'], rows);
}

/** The features that the model gateway refuses, and the limits of a seat on the host. */
async function gatewayTables(): Promise<{ features: string; limits: string }> {
  const load = (path: string) =>
    import(/* @vite-ignore */ pathToFileURL(join(root, 'packages/agent-kit/src', path)).href);
  const { providerFeatures } = (await load('gateway/provider-features.ts')) as {
    providerFeatures: Record<string, string>;
  };
  const { hostLimits, units } = (await load('limits.ts')) as Record<string, Record<string, string | number>>;
  const features = Object.entries(providerFeatures).map(([name, what]) => [`\`${name}\``, what]);
  const limits = Object.entries(hostLimits ?? {}).map(([name, most]) => [
    `\`${name}\``,
    `${most.toLocaleString('en-US')} ${units?.[name]}`,
  ]);
  return {
    features: table(['feature', 'what the provider does'], features),
    limits: table(['limit', 'at most'], limits),
  };
}

interface RefusalRow {
  readonly provider: string;
  readonly status: number | string;
  readonly reason?: string;
  readonly text?: RegExp;
  readonly meaning: string;
  readonly seen?: string;
}

async function refusalTable(): Promise<string> {
  const source = pathToFileURL(join(root, 'packages/agent-kit/src/providers/refusals.ts')).href;
  const { refusals } = (await import(/* @vite-ignore */ source)) as { refusals: readonly RefusalRow[] };
  const rows = refusals.map(({ provider, status, reason, text, meaning, seen }) => [
    provider === 'any' ? 'any' : `\`${provider}\``,
    String(status),
    reason === undefined ? '' : `\`${reason}\``,
    text === undefined ? '' : `\`${text.source.replaceAll('|', ' or ').replaceAll('`', "'")}\``,
    meaning,
    seen === undefined ? 'no page found' : `[${new URL(seen).host}](${seen})`,
  ]);
  return table(['provider', 'HTTP status', 'reason', 'text', 'meaning', 'seen'], rows);
}

interface Provider {
  readonly keys: readonly string[];
  readonly keyless?: true;
  readonly baseUrls: readonly string[];
}

async function providerTable(): Promise<string> {
  const source = pathToFileURL(join(root, 'packages/agent-kit/src/providers/table.ts')).href;
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
