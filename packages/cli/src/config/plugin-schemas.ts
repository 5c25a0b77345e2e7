import { CooperBenchError, type Registry } from '@cooperbench/core';
import { type TSchema, Type } from 'typebox';
import type { Configuration } from './configuration.ts';
import { configSchema } from './schema.ts';
import { checkValue, invalid } from './validate.ts';

const kinds = ['backends', 'agents', 'buses', 'evaluators'] as const;
const none = Type.Object({}, { additionalProperties: false });

/** Checks what plugins are told against their own schemas. @throws ConfigError `CONFIG_INVALID`. */
export function checkPluginOptions(registry: Registry, { layers }: Configuration): void {
  for (const { source, path, values } of layers) {
    for (const kind of kinds) {
      for (const [name, options] of Object.entries(values[kind] ?? {})) {
        const keys = [...path, kind, name];
        checkValue(
          schemaOf(registry, kind, name, `${source.at(keys)}: ${keys.join('.')}: `),
          options,
          source,
          keys,
        );
      }
    }
  }
}

function schemaOf(registry: Registry, kind: (typeof kinds)[number], name: string, where: string): TSchema {
  try {
    return registry.get(kind, name).options ?? none;
  } catch (error) {
    if (!CooperBenchError.is(error)) throw error;
    throw invalid([`${where}${error.message}`], error.hint);
  }
}

/** The configuration file's JSON schema, with the options of every plugin that is there. */
export function schemaWithPlugins(registry: Registry): object {
  const named = Object.fromEntries(
    kinds.map((kind) => [
      kind,
      {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(
          registry.list(kind).map(({ name }) => [name, registry.get(kind, name).options ?? none]),
        ),
      },
    ]),
  );
  const { profiles, experiments, ...properties } = plain(configSchema).properties;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of CooperBench',
    ...plain(configSchema),
    properties: {
      ...withOptions(properties),
      profiles: eachWithOptions(profiles),
      experiments: eachWithOptions(experiments),
    },
    definitions: named,
  };
}

type Node = Record<string, unknown> & { readonly properties: Record<string, Node> };

function plain(schema: unknown): Node {
  return JSON.parse(JSON.stringify(schema)) as Node;
}

/** The same wherever settings may stand: at the top, in a profile, in an experiment. */
function withOptions(properties: Record<string, Node>): Record<string, unknown> {
  const references = kinds.map((kind) => [
    kind,
    { description: properties[kind]?.description, allOf: [{ $ref: `#/definitions/${kind}` }] },
  ]);
  return { ...properties, ...Object.fromEntries(references) };
}

function eachWithOptions(record: Node | undefined): unknown {
  const { description, patternProperties } = record as Node & { patternProperties: Record<string, Node> };
  const [one] = Object.values(patternProperties);
  return {
    type: 'object',
    description,
    additionalProperties: one && { ...one, properties: withOptions(one.properties) },
  };
}
