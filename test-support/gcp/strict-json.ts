import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Field {
  readonly type: string;
  readonly rule?: 'repeated';
  /** Of a map. */
  readonly keyType?: string;
}
interface Node {
  readonly fields?: Readonly<Record<string, Field>>;
  /** Of an enum. */
  readonly values?: Readonly<Record<string, number>>;
  readonly nested?: Readonly<Record<string, Node>>;
}

const packages = new Map<string, Node>();

/**
 * Finds a field that a request has and Google's protocol does not, or a value of another type or of no name in its enum. The
 * protocol is that of the SDK `@google-cloud/compute` or `@google-cloud/batch`. `name` is a message of its v1.
 */
export function strictFault(service: 'compute' | 'batch', name: string, body: unknown): string | undefined {
  const node = packages.get(service) ?? readProtocol(service);
  packages.set(service, node);
  return faultIn(node, [node.nested?.[name] ?? {}], name, body);
}

function readProtocol(service: string): Node {
  const path = createRequire(import.meta.url).resolve(`@google-cloud/${service}/build/protos/protos.json`);
  let node = JSON.parse(readFileSync(path, 'utf8')) as Node;
  for (const part of ['google', 'cloud', service, 'v1']) node = node.nested?.[part] ?? {};
  return node;
}

/** `scopes` are the message and those around it, the innermost first. */
function faultIn(root: Node, scopes: readonly Node[], path: string, value: unknown): string | undefined {
  const [message] = scopes;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${path} is no object`;
  for (const [key, content] of Object.entries(value)) {
    const field = message?.fields?.[key];
    const place = `${path}.${key}`;
    if (!field) return `Unknown name "${key}" at '${path}': Cannot find field.`;
    const items = field.rule || field.keyType ? Object.values(Object(content)) : [content];
    if (field.rule && !Array.isArray(content)) return `${place} is no list`;
    for (const item of items) {
      const fault = faultOfValue(root, scopes, field.type, place, key, item);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  bool: (value) => typeof value === 'boolean',
  double: Number.isFinite,
  float: Number.isFinite,
  ...Object.fromEntries(['int32', 'uint32'].map((type) => [type, Number.isInteger])),
  ...Object.fromEntries(
    ['int64', 'uint64', 'fixed64'].map((type) => [type, (value: unknown) => /^-?\d+$/.test(String(value))]),
  ),
};

function faultOfValue(
  root: Node,
  scopes: readonly Node[],
  type: string,
  place: string,
  key: string,
  value: unknown,
): string | undefined {
  const invalid = `Invalid value at '${place}': ${JSON.stringify(value)}`;
  const fits = primitives[type];
  if (fits) {
    // Compute Engine's enums are strings, whose names are in an enum with the name of the field.
    const { values } = scopes[0]?.nested?.[key.charAt(0).toUpperCase() + key.slice(1)] ?? {};
    return fits(value) && (values === undefined || String(value) in values) ? undefined : invalid;
  }
  // Google's JSON has a duration as text, such as "60s".
  if (type === 'google.protobuf.Duration') return /^\d+(\.\d+)?s$/.test(String(value)) ? undefined : invalid;
  let node: Node | undefined;
  for (const part of type.split('.'))
    node = node
      ? node.nested?.[part]
      : [...scopes, root].map(({ nested }) => nested?.[part]).find((node) => node !== undefined);
  // JSON of protobuf takes names and numbers of enums.
  if (node?.values)
    return String(value) in node.values || Object.values(node.values).includes(Number(value))
      ? undefined
      : invalid;
  if (!node?.fields) return `The fake does not know the type ${type} of ${place}`;
  return faultIn(root, [node, ...scopes], place, value);
}
