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
  typedWords: TypedWords,
) => Promise<readonly string[]>;

/** Returns candidates for the last of the words after `cooperbench`. If there are none, the shell completes file names. */
export async function listCandidates(
  words: readonly string[],
  commands: readonly CompletedCommand[],
  valuesOf: ValuesOf,
): Promise<Candidate[]> {
  const earlierWords = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const command = findCommand(earlierWords, commands);
  const rest = earlierWords.slice(command?.id.split(' ').length ?? 0);
  const next = rest.length === 0 || !command ? listSubcommands(earlierWords, commands) : [];
  if (!command) return filterByPrefix(current, next);
  const { typed, open } = readWords(rest, command);
  if (open !== undefined)
    return filterByPrefix(current, await listFlagValues(open, command, current, typed, valuesOf));
  const assigned = /^--([^=]+)=(.*)$/s.exec(current);
  if (assigned) {
    const [, name = '', value = ''] = assigned;
    const matches = filterByPrefix(value, await listFlagValues(name, command, value, typed, valuesOf));
    return matches.map((candidate) => ({ ...candidate, value: `--${name}=${candidate.value}` }));
  }
  if (current.startsWith('-')) return filterByPrefix(current, listFlagNames(command, typed));
  return filterByPrefix(current, [...next, ...(await listArgumentValues(command, typed, valuesOf))]);
}

function findCommand(
  words: readonly string[],
  commands: readonly CompletedCommand[],
): CompletedCommand | undefined {
  const line = `${words.join(' ')} `;
  return commands
    .filter(({ id }) => line.startsWith(`${id} `))
    .sort((left, right) => right.id.length - left.id.length)[0];
}

/** Lists the words of commands that may follow. */
function listSubcommands(words: readonly string[], commands: readonly CompletedCommand[]): Candidate[] {
  const matchingCommands = commands.filter(({ id }) =>
    words.every((word, index) => id.split(' ')[index] === word),
  );
  const candidatesByValue = new Map<string, Candidate>();
  for (const { id, summary } of matchingCommands) {
    const value = id.split(' ')[words.length];
    const isWhole = id.split(' ').length === words.length + 1;
    if (value !== undefined && (isWhole || !candidatesByValue.has(value)))
      candidatesByValue.set(value, { value, description: isWhole ? summary : undefined });
  }
  return [...candidatesByValue.values()];
}

/** Reads words like the parser. `open` is the flag whose value comes next. */
function readWords(
  words: readonly string[],
  { flags }: CompletedCommand,
): { typed: TypedWords; open?: string } {
  const typedInput = { flags: {} as Record<string, string>, args: [] as string[] };
  let open: string | undefined;
  for (const word of words) {
    if (open !== undefined) {
      typedInput.flags[open] = word;
      open = undefined;
    } else if (word.startsWith('-')) {
      const [, dashes = '', name = '', , value] = /^(--?)([^=]*)(=(.*))?$/s.exec(word) ?? [];
      const flag =
        dashes === '--' ? name : Object.keys(flags).find((flagName) => flags[flagName]?.char === name);
      if (flag === undefined) continue;
      if (value === undefined && flags[flag]?.type === 'option') open = flag;
      else typedInput.flags[flag] = value ?? '';
    } else typedInput.args.push(word);
  }
  return { typed: typedInput, ...(open !== undefined && { open }) };
}

function listFlagNames({ flags }: CompletedCommand, typedWords: TypedWords): Candidate[] {
  const names = Object.entries(flags).filter(
    ([name, { hidden, multiple }]) => !hidden && (multiple || typedWords.flags[name] === undefined),
  );
  return [
    ...names.flatMap(([name, { allowNo, summary: description }]) => [
      { value: `--${name}`, description },
      ...(allowNo ? [{ value: `--no-${name}`, description }] : []),
    ]),
    { value: '--help', description: 'Show help.' },
  ];
}

async function listFlagValues(
  name: string,
  { flags }: CompletedCommand,
  current: string,
  typedWords: TypedWords,
  valuesOf: ValuesOf,
): Promise<Candidate[]> {
  const values = flags[name]?.options ?? toWords(await valuesOf('flag', name, typedWords));
  if (name !== 'channels') return values.map((value) => ({ value }));
  const earlierValues = current.split(',').slice(0, -1);
  return values
    .filter((value) => !earlierValues.includes(value))
    .map((value) => ({ value: [...earlierValues, value].join(',') }));
}

async function listArgumentValues(
  { args }: CompletedCommand,
  typedWords: TypedWords,
  valuesOf: ValuesOf,
): Promise<Candidate[]> {
  const argumentEntries = Object.entries(args);
  const [name, argument] = argumentEntries[typedWords.args.length] ?? argumentEntries.at(-1) ?? [];
  if (name === undefined || (typedWords.args.length >= argumentEntries.length && !argument?.multiple))
    return [];
  const values = argument?.options ?? toWords(await valuesOf('argument', name, typedWords));
  return values.filter((value) => !typedWords.args.includes(value)).map((value) => ({ value }));
}

/** Drops names that a shell or the parser would not take literally. Files may have any name. */
function toWords(names: readonly string[]): string[] {
  return names.filter((name) => /^[\w.@%+,:/][\w.@%+,:/=-]*$/.test(name));
}

function filterByPrefix(prefix: string, allTasks: readonly Candidate[]): Candidate[] {
  return allTasks.filter(({ value }) => value.startsWith(prefix));
}
