import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { code, root } from './markdown.ts';
import { allowedValues, type Schema } from './schema.ts';

type Defaults = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const source = (file: string): string => pathToFileURL(join(root, 'packages/agent-mini-swe/src', file)).href;

/** Returns the sections of an agent configuration except `prompts`, each with its keys. */
export async function agentConfigKeys(): Promise<string> {
  const { agentConfigSchema, defaults } = (await import(/* @vite-ignore */ source('config/schema.ts'))) as {
    agentConfigSchema: Schema;
    defaults: Defaults;
  };
  return Object.entries(agentConfigSchema.properties ?? {})
    .filter(([section]) => section !== 'prompts')
    .map(([section, schema]) =>
      [`### ${section}`, schema.description, formatKeyList(schema, defaults[section] ?? {})]
        .filter(Boolean)
        .join('\n\n'),
    )
    .join('\n\n');
}

function formatKeyList({ properties, required = [] }: Schema, defaults: Defaults[string]): string {
  return Object.entries(properties ?? {})
    .map(([key, schema]) =>
      [
        `- ${code(key)} (${allowedValues(schema)}): ${schema.description ?? ''}`,
        ...(required.includes(key) ? ['Required.'] : []),
        ...(key in defaults ? [`Default: ${code(defaults[key])}.`] : []),
      ].join(' '),
    )
    .join('\n');
}

/** Returns each prompt: what it is, and the placeholders that it may contain besides those of every prompt. */
export async function agentPrompts(): Promise<string> {
  const { agentConfigSchema } = (await import(/* @vite-ignore */ source('config/schema.ts'))) as {
    agentConfigSchema: { properties: { prompts: { properties: Record<string, Schema> } } };
  };
  const { placeholders } = (await import(/* @vite-ignore */ source('prompts/placeholders.ts'))) as {
    placeholders: Record<string, readonly string[]>;
  };
  const [first = [], ...otherPlaceholders] = Object.values(placeholders);
  const common = first.filter((name) => otherPlaceholders.every((names) => names.includes(name)));
  const formatNames = (names: readonly string[]): string => names.map(code).join(', ');
  const items = Object.entries(agentConfigSchema.properties.prompts.properties).map(
    ([key, { description }]) => {
      const moreNames = (placeholders[key] ?? []).filter((name) => !common.includes(name));
      return `- ${code(key)}: ${description ?? ''}${moreNames.length > 0 ? ` Placeholders: ${formatNames(moreNames)}.` : ''}`;
    },
  );
  return `${items.join('\n')}\n\nEvery prompt may contain ${formatNames(common)}.`;
}
