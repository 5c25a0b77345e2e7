const secret = 'token|secret|password|passwd|passphrase|credential|authorization|key';
/** Matches the end of a key that holds a secret: `apiKey`, but not `keyPrefix` or `tokenizer`. */
const secretKey = new RegExp(`(?:token|(?:${secret.replace('token|', '')})s?)[\\d_-]*$`, 'i');
const secretVariable = new RegExp(secret, 'i');
/** The repetitions are bounded, so that no text takes long to match. */
const inQuery = new RegExp(`([?&][^=&?\\s#]{0,100}(?:${secret})s?=)[^&\\s#]+`, 'gi');
const inAddress = /(\b[a-z][\w+.-]{0,30}:\/\/[^\s:/?#@]{0,200}):[^\s/?#]{1,500}@/gi;
const inHeader = /\b((?:Bearer|Basic) )[\w.~+/=-]+/gi;
/** `api_key: x`, `"apiKey": "x"`, `TOKEN = x`. */
const assignment =
  /(["']?\b([\w.-]{1,100})["']?[ \t]{0,20}[:=][ \t]{0,20})(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,}"'][^\s,}]*)/g;

/** Minimum length of a secret. Shorter values occur in too many texts that are not secret. */
const minLength = 8;

/**
 * Returns the value with `***` in place of its secrets:
 * - strings under a key that names a secret, and all strings below it;
 * - passwords in URLs, and query parameters that name a secret;
 * - credentials after `Bearer` or `Basic`;
 * - values of environment variables whose names suggest a secret, anywhere in a string.
 *
 * `key` is the path of the value, with dots between keys.
 */
export function maskSecrets(
  value: unknown,
  key = '',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): unknown {
  const secretValues = Object.entries(environment)
    .flatMap(([name, secret]) => (looksSecret(name) && secret && secret.length >= minLength ? [secret] : []))
    .sort((left, right) => right.length - left.length);
  return mask(value, key, secretValues);
}

/**
 * Does the same for a text of unknown format, such as an agent's configuration file. Also replaces a value that follows a
 * key that names a secret and a colon or an equals sign.
 */
export function maskSecretText(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return (maskSecrets(text, '', environment) as string).replaceAll(
    assignment,
    (wholeText: string, before: string, name: string) => (secretKey.test(name) ? `${before}***` : wholeText),
  );
}

/** Returns whether the name of an environment variable suggests that it holds a secret. */
export function looksSecret(variable: string): boolean {
  return secretVariable.test(variable);
}

function mask(value: unknown, key: string, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return isSecret(key) ? '***' : maskText(value, secrets);
  if (Array.isArray(value)) return value.map((item) => mask(item, key, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mask(inner, `${key}.${name}`, secrets)]),
  );
}

function isSecret(key: string): boolean {
  return key.split('.').some((part) => secretKey.test(part));
}

function maskText(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
    .replaceAll(inAddress, '$1:***@')
    .replaceAll(inQuery, '$1***')
    .replaceAll(inHeader, '$1***');
}
