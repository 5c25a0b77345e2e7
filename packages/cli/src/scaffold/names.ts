import { ConfigError } from '@cooperbench/core/errors';
import type { Registry } from '@cooperbench/core/host';
import { type Kind, kindNames } from './kinds.ts';

export interface Names {
  /** The name that users type after `--backend`, `--agent` and so on. */
  readonly name: string;
  /** The name of the package on npm. */
  readonly package: string;
  /** The package's name without its scope. */
  readonly folder: string;
}

const word = /^[a-z0-9]+(?:[_-][a-z0-9]+)*$/;
/** npm's limit for names of packages. */
const maxLength = 214;

/**
 * Derives all names of a plugin. `foo` becomes the package `cooperbench-backend-foo`, and `@acme/foo` becomes
 * `@acme/cooperbench-backend-foo`. The user may also give the full name. @throws ConfigError `PLUGIN_NAME`.
 */
export function namesOf(kind: Kind, given: string): Names {
  const [scope, rest] = given.startsWith('@') ? split(given) : [undefined, given];
  const other = kindNames.find((one) => rest.startsWith(`cooperbench-${one}-`));
  const [prefix] = /^cooperbench-[a-z]+-/.exec(rest) ?? [];
  if (prefix !== undefined && other !== kind)
    throw createNameError(
      given,
      `is not the name of ${article(kind)}`,
      other
        ? `For ${article(other)}: cooperbench plugins create ${other} ${given}.`
        : `Leave out "${prefix}".`,
    );
  const own = other === kind ? rest.slice(`cooperbench-${kind}-`.length) : rest;
  const folder = `cooperbench-${kind}-${own}`;
  const name = scope === undefined ? folder : `${scope}/${folder}`;
  const how =
    'Use lower-case letters, digits, and single dashes or underscores between them, with or without a @scope/.';
  if (!word.test(own) || (scope !== undefined && !word.test(scope.slice(1))))
    throw createNameError(given, 'cannot be the name of an npm package and of what it provides', how);
  if (name.length > maxLength)
    throw createNameError(
      given,
      `makes a package name of ${name.length} characters; npm allows ${maxLength}`,
      'Shorten it.',
    );
  return { name: own, package: name, folder };
}

/**
 * Refuses a name that another plugin provides: CooperBench would leave out one of them. `commands` are all commands, each with
 * the plugin that has it. @throws ConfigError `PLUGIN_NAME`.
 */
export function refuseTaken(
  kind: Kind,
  { name, package: own }: Names,
  registry: Pick<Registry, 'list'>,
  commands: readonly { readonly name: string; readonly plugin: string }[],
): void {
  const all = kind === 'command' ? commands : registry.list(plurals[kind]);
  const taken = all.find((one) => one.name === name && one.plugin !== own);
  if (taken)
    throw createNameError(
      name,
      `is taken: ${taken.plugin} provides ${article(kind)} of that name`,
      'Choose another name.',
    );
}

const plurals = {
  agent: 'agents',
  backend: 'backends',
  bus: 'buses',
  channel: 'channels',
  evaluator: 'evaluators',
  'merge-policy': 'mergePolicies',
  reporter: 'reporters',
  setting: 'settings',
} as const;

function split(given: string): [scope: string, rest: string] {
  const slash = given.indexOf('/');
  return slash < 0 ? [given, ''] : [given.slice(0, slash), given.slice(slash + 1)];
}

function article(kind: Kind): string {
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind.replace('-', ' ')}`;
}

function createNameError(given: string, why: string, hint: string): ConfigError {
  return new ConfigError('PLUGIN_NAME', `"${given}" ${why}.`, { hint });
}
