/** What of a JSON schema the pages show. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly title?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Returns the values that a schema allows, in words. */
export function allowedValues({
  type,
  title,
  enum: values,
  minimum,
  exclusiveMinimum,
  maximum,
}: Schema): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  const bounds = [
    minimum === undefined ? '' : `at least ${minimum}`,
    exclusiveMinimum === undefined ? '' : `more than ${exclusiveMinimum}`,
    maximum === undefined ? '' : `at most ${maximum}`,
  ];
  return title ?? [type === 'string' ? 'text' : type, ...bounds].filter(Boolean).join(', ');
}
