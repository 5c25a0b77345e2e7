const words = 'token|secret|password|passwd|passphrase|credential|authorization|key';
const secretName = new RegExp(words, 'i');
const inQuery = new RegExp(`([?&][^=&\\s#]*(?:${words})[^=&\\s#]*=)[^&\\s#]+`, 'gi');
/** A shorter one is found in too much that is none. */
const shortest = 8;

/**
 * The value without its secrets. `***` are texts under keys that sound like one; passwords in URLs, and what their
 * queries give under such a name; what follows `Bearer`; and wherever it stands the value of an environment variable
 * whose name sounds like a secret's.
 */
export function maskSecrets(
  value: unknown,
  key = '',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): unknown {
  const known = Object.entries(environment)
    .flatMap(([name, secret]) =>
      secretName.test(name) && secret && secret.length >= shortest ? [secret] : [],
    )
    .sort((one, other) => other.length - one.length);
  return mask(value, key, known);
}

function mask(value: unknown, key: string, known: readonly string[]): unknown {
  if (typeof value === 'string') return secretName.test(key) ? '***' : maskText(value, known);
  if (Array.isArray(value)) return value.map((item) => mask(item, key, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, mask(inner, `${key}.${name}`, known)]),
  );
}

function maskText(text: string, known: readonly string[]): string {
  const without = known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return without
    .replaceAll(/(\b[\w+.-]+:\/\/[^\s:/?#@]*):[^\s/?#]+@/g, '$1:***@')
    .replaceAll(inQuery, '$1***')
    .replaceAll(/\b((?:Bearer|Basic) )[\w.~+/=-]+/g, '$1***');
}
