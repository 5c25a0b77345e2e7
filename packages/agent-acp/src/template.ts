/** A text with placeholders such as `{model}`, or a JSON value whose texts have some. */
export type Template = unknown;

/** The values of the placeholders. */
export interface TemplateValues {
  readonly model: string;
  /** The address of the model's server, without a path. */
  readonly model_url: string;
  /** The key that the server accepts. */
  readonly token: string;
  /** A folder of this program only, outside the repository. */
  readonly folder: string;
  /** How often the program repeats a failed request. */
  readonly retries: number;
  /** How often it sends a request: one more. */
  readonly attempts: number;
  /** How much the model reasons. */
  readonly effort: string | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
  /** Tokens of the conversation. */
  readonly context_window: number | undefined;
}

const placeholder =
  /\{(model|model_url|token|folder|retries|attempts|effort|temperature|top_p|context_window)\}/g;

/**
 * Replaces the placeholders in a JSON value. A text that is one placeholder becomes its value, even a number. A text with a
 * placeholder that has no value is left out.
 */
export function fillTemplate(template: Template, values: TemplateValues): unknown {
  if (typeof template === 'string') {
    const names = [...template.matchAll(placeholder)].map(([, name]) => name as keyof TemplateValues);
    if (names.some((name) => values[name] === undefined)) return undefined;
    const [onlyName] = names;
    if (onlyName !== undefined && template === `{${onlyName}}`) return values[onlyName];
    return template.replace(placeholder, (_, name: keyof TemplateValues) => String(values[name]));
  }
  if (Array.isArray(template))
    return template.map((part) => fillTemplate(part, values)).filter((part) => part !== undefined);
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).flatMap(([key, part]) => {
      const value = fillTemplate(part, values);
      return value === undefined ? [] : [[String(fillTemplate(key, values)), value]];
    }),
  );
}

/** Finds the text of a template, or undefined when it has no value. A value that is not a text becomes JSON. */
export function findText(template: Template, values: TemplateValues): string | undefined {
  const value = fillTemplate(template, values);
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}
