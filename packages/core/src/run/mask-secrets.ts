const secretName = /token|secret|password|passwd|key/i;

/** The value without its secrets: texts under keys that sound like one, and passwords in URLs, are `***`. */
export function maskSecrets(value: unknown, key = ''): unknown {
  if (typeof value === 'string')
    return secretName.test(key)
      ? '***'
      : value.replaceAll(/(\b[\w+.-]+:\/\/[^\s:/?#@]*):[^\s/?#]+@/g, '$1:***@');
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, maskSecrets(inner, `${key}.${name}`)]),
  );
}
