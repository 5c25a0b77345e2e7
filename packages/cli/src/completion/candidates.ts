/** The part of a command that completion needs. */
export interface CompletedCommand {
  /** Words separated by spaces, such as `config show`. */
  readonly id: string;
  readonly summary?: string | undefined;
  readonly flags: Readonly<Record<string, CompletedFlag>>;
  readonly args: Readonly<Record<string, CompletedArgument>>;
}

interface CompletedFlag {
  readonly type: 'boolean' | 'option';
  readonly char?: string | undefined;
  readonly summary?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly multiple?: boolean | undefined;
  readonly allowNo?: boolean | undefined;
  readonly hidden?: boolean | undefined;
}

interface CompletedArgument {
  readonly options?: readonly string[] | undefined;
  readonly multiple?: boolean | undefined;
}

export interface Candidate {
  readonly value: string;
  readonly description?: string | undefined;
}

/** The parsed words before the one to complete. */
export interface TypedWords {
  /** Values by flag, whose name has no dashes. */
  readonly flags: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** Finds the values that a flag or an argument may have, among files or plugins. */
export type ValuesOf = (
  kind: 'flag' | 'argument',
  name: string,
  typed: TypedWords,
) => Promise<readonly string[]>;

/** Returns candidates for the last of the words after `cooperbench`. If there are none, the shell completes file names. */
export async function candidates(
  words: readonly string[],
  commands: readonly CompletedCommand[],
  valuesOf: ValuesOf,
): Promise<Candidate[]> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const command = commandOf(before, commands);
  const rest = before.slice(command?.id.split(' ').length ?? 0);
  const next = rest.length === 0 || !command ? subcommands(before, commands) : [];
  if (!command) return filterByPrefix(current, next);
  const { typed, open } = read(rest, command);
  if (open !== undefined)
    return filterByPrefix(current, await flagValues(open, command, current, typed, valuesOf));
  const assigned = /^--([^=]+)=(.*)$/s.exec(current);
  if (assigned) {
    const [, name = '', value = ''] = assigned;
    const found = filterByPrefix(value, await flagValues(name, command, value, typed, valuesOf));
    return found.map((one) => ({ ...one, value: `--${name}=${one.value}` }));
  }
  if (current.startsWith('-')) return filterByPrefix(current, flagNames(command, typed));
  return filterByPrefix(current, [...next, ...(await argumentValues(command, typed, valuesOf))]);
}

function commandOf(
  words: readonly string[],
  commands: readonly CompletedCommand[],
): CompletedCommand | undefined {
  const line = `${words.join(' ')} `;
  return commands
    .filter(({ id }) => line.startsWith(`${id} `))
    .sort((one, other) => other.id.length - one.id.length)[0];
}

/** The words of commands that may follow. */
function subcommands(words: readonly string[], commands: readonly CompletedCommand[]): Candidate[] {
  const below = commands.filter(({ id }) => words.every((word, index) => id.split(' ')[index] === word));
  const found = new Map<string, Candidate>();
  for (const { id, summary } of below) {
    const value = id.split(' ')[words.length];
    const isWhole = id.split(' ').length === words.length + 1;
    if (value !== undefined && (isWhole || !found.has(value)))
      found.set(value, { value, description: isWhole ? summary : undefined });
  }
  return [...found.values()];
}

/** Reads words like the parser. `open` is the flag whose value comes next. */
function read(words: readonly string[], { flags }: CompletedCommand): { typed: TypedWords; open?: string } {
  const typed = { flags: {} as Record<string, string>, args: [] as string[] };
  let open: string | undefined;
  for (const word of words) {
    if (open !== undefined) {
      typed.flags[open] = word;
      open = undefined;
    } else if (word.startsWith('-')) {
      const [, dashes = '', name = '', , value] = /^(--?)([^=]*)(=(.*))?$/s.exec(word) ?? [];
      const flag = dashes === '--' ? name : Object.keys(flags).find((long) => flags[long]?.char === name);
      if (flag === undefined) continue;
      if (value === undefined && flags[flag]?.type === 'option') open = flag;
      else typed.flags[flag] = value ?? '';
    } else typed.args.push(word);
  }
  return { typed, ...(open !== undefined && { open }) };
}

function flagNames({ flags }: CompletedCommand, typed: TypedWords): Candidate[] {
  const names = Object.entries(flags).filter(
    ([name, { hidden, multiple }]) => !hidden && (multiple || typed.flags[name] === undefined),
  );
  return [
    ...names.flatMap(([name, { allowNo, summary: description }]) => [
      { value: `--${name}`, description },
      ...(allowNo ? [{ value: `--no-${name}`, description }] : []),
    ]),
    { value: '--help', description: 'Show help.' },
  ];
}

async function flagValues(
  name: string,
  { flags }: CompletedCommand,
  current: string,
  typed: TypedWords,
  valuesOf: ValuesOf,
): Promise<Candidate[]> {
  const values = flags[name]?.options ?? toWords(await valuesOf('flag', name, typed));
  if (name !== 'channels') return values.map((value) => ({ value }));
  const others = current.split(',').slice(0, -1);
  return values
    .filter((value) => !others.includes(value))
    .map((value) => ({ value: [...others, value].join(',') }));
}

async function argumentValues(
  { args }: CompletedCommand,
  typed: TypedWords,
  valuesOf: ValuesOf,
): Promise<Candidate[]> {
  const all = Object.entries(args);
  const [name, argument] = all[typed.args.length] ?? all.at(-1) ?? [];
  if (name === undefined || (typed.args.length >= all.length && !argument?.multiple)) return [];
  const values = argument?.options ?? toWords(await valuesOf('argument', name, typed));
  return values.filter((value) => !typed.args.includes(value)).map((value) => ({ value }));
}

/** Drops names that a shell or the parser would not take literally. Files may have any name. */
function toWords(names: readonly string[]): string[] {
  return names.filter((name) => /^[\w.@%+,:/][\w.@%+,:/=-]*$/.test(name));
}

function filterByPrefix(prefix: string, all: readonly Candidate[]): Candidate[] {
  return all.filter(({ value }) => value.startsWith(prefix));
}
