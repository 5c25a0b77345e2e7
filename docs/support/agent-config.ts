import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, table } from './markdown.ts';

/** What of a JSON schema the page shows. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

type Defaults = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const source = (file: string): string => pathToFileURL(join(root, 'packages/agent-mini-swe/src', file)).href;

/** The sections of an agent configuration except `prompts`, each with its keys. */
export async function agentConfigKeys(): Promise<string> {
  const { agentConfigSchema, defaults } = (await import(/* @vite-ignore */ source('config/schema.ts'))) as {
    agentConfigSchema: Schema;
    defaults: Defaults;
  };
  return Object.entries(agentConfigSchema.properties ?? {})
    .filter(([section]) => section !== 'prompts')
    .map(([section, schema]) =>
      [`### ${section}`, schema.description, keyTable(schema, defaults[section] ?? {})]
        .filter(Boolean)
        .join('\n\n'),
    )
    .join('\n\n');
}

function keyTable({ properties, required = [] }: Schema, defaults: Defaults[string]): string {
  if (properties === undefined) return '';
  const rows = Object.entries(properties).map(([key, schema]) => [
    `\`${key}\``,
    allowed(schema),
    key in defaults ? `\`${defaults[key]}\`` : required.includes(key) ? '(required)' : '',
    schema.description ?? '',
  ]);
  return table(['key', 'value', 'default', 'meaning'], rows);
}

function allowed({ type, enum: values, minimum, exclusiveMinimum, maximum }: Schema): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  const bounds = [
    minimum === undefined ? '' : `at least ${minimum}`,
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
  ];
  return [type, ...bounds].filter(Boolean).join(', ');
}

/** Each prompt: what it is, what it may contain, and its default text if it has one. */
export async function agentPrompts(): Promise<string> {
  const { agentConfigSchema, defaults } = (await import(/* @vite-ignore */ source('config/schema.ts'))) as {
    agentConfigSchema: { properties: { prompts: { properties: Record<string, Schema> } } };
    defaults: { prompts: Record<string, unknown> };
  };
  const { placeholders } = (await import(/* @vite-ignore */ source('prompts/placeholders.ts'))) as {
    placeholders: Record<string, readonly string[]>;
  };
  return Object.entries(agentConfigSchema.properties.prompts.properties)
    .map(([key, { description }]) => {
      const names = placeholders[key]?.map((name) => `\`${name}\``).join(', ');
      const text = defaults.prompts[key];
      return [
        `### prompts.${key}`,
        `${description ?? ''} Placeholders: ${names}.`,
        ...(typeof text === 'string' ? [`\`\`\`text\n${text.trim()}\n\`\`\``] : []),
      ].join('\n\n');
    })
    .join('\n\n');
}
