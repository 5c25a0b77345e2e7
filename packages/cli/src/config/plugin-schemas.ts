import { configSchema, optionKeys } from '@cooperbench/command/config';
import { getKind, type OptionsKey, optionsSchema } from '@cooperbench/command/settings';
import type { Registry } from '@cooperbench/core/host';

/** Builds the JSON schema of configuration files, with the options of every installed plugin. */
export function buildSchemaWithPlugins(registry: Registry): object {
  const schemasByName = Object.fromEntries(
    optionKeys.map((key) => [
      key,
      {
        type: 'object',
        // Without --project, the project's plugins stay unknown, because loading them would run their code.
        additionalProperties: { type: 'object' },
        properties: Object.fromEntries(
          registry
            .list(getKind(key))
            .map(({ name }) => [name, optionsSchema(registry, key, name) ?? { type: 'object' }]),
        ),
      },
    ]),
  );
  const { profiles, experiments, ...properties } = toPlain(configSchema).properties;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of CooperBench',
    ...toPlain(configSchema),
    properties: {
      ...(withVariables(withOptions(properties)) as object),
      profiles: withVariables(eachWithOptions(profiles)),
      experiments: withVariables(eachWithOptions(experiments)),
    },
    definitions: withVariables(schemasByName),
  };
}

const variable = { type: 'string', pattern: '\\$\\{' };

/**
 * Allows a variable in place of every number, boolean and word. Editors check the text of a file before variables are
 * replaced.
 */
function withVariables(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withVariables);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, inner]) => [key, withVariables(inner)]);
  const { type, enum: values, anyOf, ...rest } = Object.fromEntries(entries);
  if (['integer', 'number', 'boolean'].includes(type))
    return { ...rest, type: [type, 'string'], pattern: variable.pattern };
  if (Array.isArray(values)) return { ...rest, anyOf: [{ type, enum: values }, variable] };
  if (Array.isArray(anyOf) && anyOf.every((choice) => 'const' in choice))
    return { ...rest, anyOf: [...anyOf, variable] };
  return Object.fromEntries(entries);
}

type Node = Record<string, unknown> & { readonly properties: Record<string, Node> };

function toPlain(schema: unknown): Node {
  return JSON.parse(
    JSON.stringify(schema, (key, value) => (key === 'x-synonyms' ? undefined : value)),
  ) as Node;
}

/** Adds the options of plugins to settings. Settings look the same at the top level, in a profile and in an experiment. */
function withOptions(properties: Record<string, Node>): Record<string, unknown> {
  const references = optionKeys.map((key) => [key, buildReference(key, properties[key])]);
  const { matrix } = properties;
  return {
    ...properties,
    ...Object.fromEntries(references),
    ...(matrix && { matrix: withAxes(matrix) }),
  };
}

function buildReference(key: OptionsKey, { description }: Partial<Node> = {}): object {
  return { description, allOf: [{ $ref: `#/definitions/${key}` }] };
}

/** Adds the options of plugins to a matrix. An experiment can vary the options of some kinds of plugins. */
function withAxes(matrix: Node): object {
  const axes = optionKeys
    .filter((key) => key in matrix.properties)
    .map((key) => [key, { ...matrix.properties[key], items: buildReference(key) }]);
  return { ...matrix, properties: { ...matrix.properties, ...Object.fromEntries(axes) } };
}

function eachWithOptions(record: Node | undefined): unknown {
  const { additionalProperties: additional, ...rest } = record as Node & { additionalProperties: Node };
  return { ...rest, additionalProperties: { ...additional, properties: withOptions(additional.properties) } };
}
