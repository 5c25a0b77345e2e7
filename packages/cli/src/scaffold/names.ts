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
export function namesOf(kind: Kind, givenName: string): Names {
  const [scope, rest] = givenName.startsWith('@') ? split(givenName) : [undefined, givenName];
  const namedKind = kindNames.find((kindName) => rest.startsWith(`cooperbench-${kindName}-`));
  const [prefix] = /^cooperbench-[a-z]+-/.exec(rest) ?? [];
  if (prefix !== undefined && namedKind !== kind)
    throw createNameError(
      givenName,
      `is not the name of ${formatArticle(kind)}`,
      namedKind
        ? `For ${formatArticle(namedKind)}: cooperbench plugins create ${namedKind} ${givenName}.`
        : `Leave out "${prefix}".`,
    );
  const ownName = namedKind === kind ? rest.slice(`cooperbench-${kind}-`.length) : rest;
  const folder = `cooperbench-${kind}-${ownName}`;
  const name = scope === undefined ? folder : `${scope}/${folder}`;
  const nameHint =
    'Use lower-case letters, digits, and single dashes or underscores between them, with or without a @scope/.';
  if (!word.test(ownName) || (scope !== undefined && !word.test(scope.slice(1))))
    throw createNameError(
      givenName,
      'cannot be the name of an npm package and of what it provides',
      nameHint,
    );
  if (name.length > maxLength)
    throw createNameError(
      givenName,
      `makes a package name of ${name.length} characters; npm allows ${maxLength}`,
      'Shorten it.',
    );
  return { name: ownName, package: name, folder };
}

/**
 * Refuses a name that another plugin provides: CooperBench would leave out one of them. `commands` are all commands, each with
 * the plugin that has it. @throws ConfigError `PLUGIN_NAME`.
 */
export function refuseTaken(
  kind: Kind,
  { name, package: packageName }: Names,
  registry: Pick<Registry, 'list'>,
  commands: readonly { readonly name: string; readonly plugin: string }[],
): void {
  const existing = kind === 'command' ? commands : registry.list(plurals[kind]);
  const takenName = existing.find((entry) => entry.name === name && entry.plugin !== packageName);
  if (takenName)
    throw createNameError(
      name,
      `is taken: ${takenName.plugin} provides ${formatArticle(kind)} of that name`,
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

function split(packageName: string): [scope: string, rest: string] {
  const slash = packageName.indexOf('/');
  return slash < 0 ? [packageName, ''] : [packageName.slice(0, slash), packageName.slice(slash + 1)];
}

function formatArticle(kind: Kind): string {
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind.replace('-', ' ')}`;
}

function createNameError(name: string, reason: string, hint: string): ConfigError {
  return new ConfigError('PLUGIN_NAME', `"${name}" ${reason}.`, { hint });
}
