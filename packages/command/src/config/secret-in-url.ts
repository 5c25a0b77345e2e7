import { ConfigError } from '@cooperbench/core/errors';
import { looksSecret } from '@cooperbench/core/host';
import { settings } from '../settings/table.ts';
import { settingKeys } from '../settings/values.ts';
import { type ExpandOptions, expandVariables } from './expand-variables.ts';

/** Expands the text with marks in place of secrets, to see where in a URL the secrets would be. */
export function refuseSecretInUrl(text: string, options: ExpandOptions): void {
  const { environment, source, path = [] } = options;
  const names = [...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name);
  const secrets = names.filter((name) => looksSecret(name) && environment[name]);
  if (secrets.length === 0) return;
  const placeholders = secrets.map((name) => [name, /passw|passphrase/i.test(name) ? '\u0001' : '\0']);
  const markedUrl = expandVariables(text, {
    ...options,
    environment: { ...environment, ...Object.fromEntries(placeholders) },
  });
  const isUrl = markedUrl.includes('://') || path.some((key) => isUrlSetting(key));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks
  const rest = markedUrl.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s\0\u0001]*:\u0001@/i, '');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the marks
  if (!isUrl || !/[\0\u0001]/.test(rest)) return;
  const variableNames = secrets.join(' and ');
  throw new ConfigError(
    'CONFIG_VARIABLE',
    `${source.at(path)}: ${path.join('.')}: the URL would send the secret ${variableNames} to its host.`,
    { hint: `Take ${variableNames} out of the URL, or set the whole URL with its flag or its variable.` },
  );
}

function isUrlSetting(key: string): boolean {
  return settingKeys.some((settingKey) => settingKey === key && settings[settingKey].type === 'url');
}
