/**
 * Generates the parts of the reference that come from code: `node docs/generate.ts`. With `--check`, lists stale pages;
 * docs.test.ts does that.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { SettingEntry } from '../packages/command/src/settings/entry.ts';
import { settings } from '../packages/command/src/settings/table.ts';
import { settingsOf } from '../packages/command/src/settings/values.ts';
import { agentConfigKeys, agentPrompts } from './support/agent-config.ts';
import { commandsPage, settingsList } from './support/commands-page.ts';
import { code, root } from './support/markdown.ts';
import { packagesPictures } from './support/packages-picture.ts';
import { pluginOptions } from './support/plugin-options.ts';

/** Returns the generated pages as they should be, by their path in the repository. */
export async function generate(): Promise<Map<string, string>> {
  const { features, limits } = await readGatewayTables();
  const parts: Record<string, Record<string, string>> = {
    'docs/guide/agents.md': { 'provider-features': features, 'host-limits': limits },
    'docs/reference/agent-config.md': { keys: await agentConfigKeys(), prompts: await agentPrompts() },
    'docs/reference/config.md': { settings: settingsList(), aliases: formatAliasList() },
    'docs/reference/environment.md': { providers: await formatProviderList() },
    'docs/reference/plugin-options.md': { options: await pluginOptions() },
  };
  const filledPages = Object.entries(parts).map(([path, contents]): [string, string] => [
    path,
    Object.entries(contents).reduce(
      (page, [name, content]) => fillPage(page, name, content),
      readFileSync(join(root, path), 'utf8'),
    ),
  ]);
  return new Map([
    ...filledPages,
    ['docs/reference/commands.md', await commandsPage()],
    ...packagesPictures(),
  ]);
}

/** Formats the names of the Python original, with the keys that they mean. */
function formatAliasList(): string {
  const aliases = settingsOf('run').flatMap(({ key, alias }) =>
    alias === undefined ? [] : [`${code(alias)} (${code(key)})`],
  );
  const ownSettings = settingsOf('eval').flatMap(({ key, alias }) =>
    alias === undefined || alias === (settings[key] as SettingEntry).alias
      ? []
      : [`${code(alias)} of \`evaluate\` (${code(key)})`],
  );
  return `Names of the Python original are accepted, too: ${[...aliases, ...ownSettings].join(', ')}.`;
}

/** Reads the features that the model gateway refuses, and the limits of a seat on the host. */
async function readGatewayTables(): Promise<{ features: string; limits: string }> {
  const load = (path: string) =>
    import(/* @vite-ignore */ pathToFileURL(join(root, 'packages/agent-kit/src', path)).href);
  const { providerFeatures } = (await load('gateway/provider-features.ts')) as {
    providerFeatures: Record<string, string>;
  };
  const { hostLimits, units } = (await load('limits.ts')) as Record<string, Record<string, string | number>>;
  const features = Object.entries(providerFeatures).map(
    ([name, description]) => `- ${code(name)}: ${description}`,
  );
  const limits = Object.entries(hostLimits ?? {}).map(
    ([name, limit]) => `- ${code(name)}: ${limit.toLocaleString('en-US')} ${units?.[name]}`,
  );
  return { features: features.join('\n'), limits: limits.join('\n') };
}

interface Provider {
  readonly keys: readonly string[];
  readonly keyless?: true;
  readonly baseUrls: readonly string[];
}

async function formatProviderList(): Promise<string> {
  const source = pathToFileURL(join(root, 'packages/agent-kit/src/providers/table.ts')).href;
  const { providers } = (await import(/* @vite-ignore */ source)) as { providers: Record<string, Provider> };
  const formatNames = (names: readonly string[]): string => names.map(code).join(', ');
  const items = Object.entries(providers).map(([name, { keys, keyless, baseUrls }]) => {
    const key =
      `${formatNames(keys)}${keyless ? ' (not needed)' : ''}` || 'Google Cloud credentials, see below';
    return `- ${code(`${name}/…`)}: ${key}; address: ${formatNames(baseUrls)}`;
  });
  return items.join('\n');
}

function fillPage(page: string, name: string, content: string): string {
  const open = `<!-- generated: ${name} -->`;
  const close = `<!-- end of ${name} -->`;
  const [textBefore, rest = ''] = page.split(open);
  const textAfter = rest.slice(rest.indexOf(close));
  return `${textBefore}${open}\n\n${content}\n\n${textAfter}`;
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
