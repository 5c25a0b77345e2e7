/** A text with placeholders such as `{task}`, or a JSON value whose texts have some. */
export type Template = unknown;

/** The values of the placeholders. */
export interface TemplateValues {
  readonly task: string;
  readonly instructions: string;
  /** The instructions and the task. */
  readonly prompt: string;
  /** Messages of other seats. */
  readonly text: string;
  readonly model: string;
  /** The address of the model's server, without a path. */
  readonly model_url: string;
  /** The key that the server accepts. */
  readonly token: string;
  /** The path of the file of `--agent-config` in the sandbox. */
  readonly config: string;
}

const placeholder = /\{(task|instructions|prompt|text|model|model_url|token|config)\}/g;

/** Returns the text of a template. Any other value becomes JSON on one line. */
export function getText(template: Template, values: TemplateValues): string {
  const filled = fillTemplate(template, values);
  return typeof filled === 'string' ? filled : JSON.stringify(filled);
}

function fillTemplate(template: Template, values: TemplateValues): unknown {
  const formatText = (value: string): string =>
    value.replace(placeholder, (_, name: keyof TemplateValues) => values[name]);
  if (typeof template === 'string') return formatText(template);
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, item]) => [formatText(key), fillTemplate(item, values)]),
  );
}

/** Lists the placeholders in templates. */
export function listPlaceholdersIn(templates: readonly Template[]): ReadonlySet<string> {
  return new Set([...JSON.stringify(templates).matchAll(placeholder)].map(([, name = '']) => name));
}
