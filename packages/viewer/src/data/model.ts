// This file has more than 250 lines, because it is one list of documents.
/**
 * The documents that the page fetches, and their URLs. The server makes each document when it is asked for; an export has
 * them as files. This file has no imports at run time, because the page uses it too.
 *
 * In all documents: costs in US dollars, `null` where a price is not known; other numbers `null` where the files of the run
 * do not say; `seconds` since the first moment of the trial; steps and repetitions counted from 1, messages of a
 * trajectory from 0. Texts of agents and tests are as they were written: escape them, and expect escape sequences.
 */
import type { FailingTest } from '@cooperbench/core';
import type {
  FileStat,
  Note,
  Quote,
  Report,
  Seat,
  SentMessage,
  StoryPatch,
  Talk,
  Trial,
  WantedNote,
} from '@cooperbench/report';

/** Turns a name, such as a run's or a trial's id, into one segment of a URL that is a safe file name as well. */
export function getKey(name: string): string {
  return encodeURIComponent(name.toWellFormed())
    .replaceAll(/[!'()*~.]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%', '=');
}

/** The documents' URLs, relative to the page. */
export const urls = {
  /** RunsDocument */
  runs: 'data/runs.json',
  /** RunDocument */
  run: (run: string): string => `data/runs/${getKey(run)}/run.json`,
  /** ReportDocument. Reads all trajectories of the run: seconds for a large one. */
  report: (run: string): string => `data/runs/${getKey(run)}/report.json`,
  /** PairDocument */
  pair: (run: string, trial: string): string => `data/runs/${getKey(run)}/${getKey(trial)}/pair.json`,
  /** DiffsDocument */
  diffs: (run: string, trial: string): string => `data/runs/${getKey(run)}/${getKey(trial)}/diffs.json`,
  /** TestsDocument */
  tests: (run: string, trial: string): string => `data/runs/${getKey(run)}/${getKey(trial)}/tests.json`,
  /** SliceDocument: slice `index` of a seat's trajectory, counted from 0. */
  slice: (run: string, trial: string, seat: string, index: number): string =>
    `data/runs/${getKey(run)}/${getKey(trial)}/${getKey(seat)}/messages-${index}.json`,
  /** SearchDocument: texts of a run, or of one of its trials. Not in an export. */
  search: (run: string, text: string, trial?: string): string => {
    const query = new URLSearchParams({ run, text, ...(trial !== undefined && { trial }) });
    return `search?${query}`;
  },
  /** Where the page posts a NoteRequest. Not in an export. */
  notes: 'notes',
  /**
   * A stream of server-sent events, not in an export. An event `changed` without data says that the document at this URL
   * changed; fetch it again, with its ETag.
   */
  live: (document: string): string => `live?document=${encodeURIComponent(document)}`,
} as const;

/**
 * How the page gets documents, in the attribute `data-source` of its root element. `server`: with fetch. `export`: as
 * classic scripts, because pages from `file:` may not fetch: URL + `.js` calls `cooperbench(url, packed)` with the document's
 * JSON, deflated, in base64.
 */
export type Source = 'server' | 'export';

/** A note that the page adds to a trial. */
export interface NoteRequest {
  readonly run: string;
  readonly trial: string;
  readonly note: WantedNote;
}

/** The server's answer instead of a document, with a status of 400 or more. */
export interface ErrorDocument {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/** The runs that can be opened, newest first. */
export interface RunsDocument {
  readonly schema_version: 1;
  /** The version of the viewer. */
  readonly version: string;
  /** The run that the command named, which the page opens first. It is null if the list of runs. */
  readonly open: string | null;
  readonly runs: readonly RunRow[];
}

/** A run in the list. Its figures come from its summaries, not from its trials. */
export interface RunRow {
  readonly name: string;
  /** ISO 8601. */
  readonly created_at: string | null;
  /** A process uses the run now. */
  readonly running: boolean;
  readonly settings: readonly RunSetting[];
  /** Why the run cannot be opened. It is null if it can. */
  readonly problem: string | null;
  /** Files that the row would have used and that cannot be read, each with the reason. */
  readonly problems: readonly string[];
}

/** One setting of a run. */
export interface RunSetting {
  readonly setting: string;
  readonly agent: string | null;
  readonly model: string | null;
  readonly trials: number;
  readonly passed: number | null;
  readonly failed: number | null;
  /** Lost to infrastructure. No rate counts them. */
  readonly errors: number | null;
  /** The mean over pairs, as in reports. */
  readonly pass_rate: number | null;
  readonly cost: number | null;
}

/** A run with a row for each trial. The page compares two runs from their RunDocuments. */
export interface RunDocument {
  readonly schema_version: 1;
  readonly name: string;
  readonly running: boolean;
  readonly pairs: readonly PairRow[];
  /** Files that cannot be read, each with the reason. */
  readonly problems: readonly string[];
}

/** A trial in the table, as reports count it. Its `id` is the `trial` of the URLs. */
export interface PairRow
  extends Omit<
    Trial,
    | ('run' | 'verdict' | 'merge_policy' | 'outdated' | 'conflicts')
    | ('seats' | 'voids' | 'seconds' | 'talk' | 'analyses')
  > {
  /** `running`: it has no result yet. `evaluating`: a process makes its verdict now. */
  readonly verdict: Trial['verdict'] | 'running' | 'evaluating';
  /** The models of the seats, each once. */
  readonly models: readonly string[];
  /** Labels of `cooperbench analyze`: those that a model gave in both passes. */
  readonly labels: readonly string[];
  readonly started_at: string | null;
  readonly seconds: number | null;
  readonly cost: number | null;
  readonly steps: number | null;
  readonly messages: number | null;
  /** Each seat's end: `Completed`, `LimitsExceeded`, `Timeout`, `Error`, `Cancelled`; empty while it works. */
  readonly statuses: Readonly<Record<string, string>>;
  /** Seats whose patch is empty. */
  readonly empty: readonly string[];
}

/** What `cooperbench report RUN --json` prints. */
export type ReportDocument = Report;

/** Everything about one trial except its long texts. */
export interface PairDocument {
  readonly schema_version: 1;
  readonly run: string;
  readonly row: PairRow;
  /** The clock of all lanes: unix seconds of the first moment, and the length in seconds. */
  readonly clock: { readonly start: number | null; readonly seconds: number };
  /** In the order in which patches are merged. */
  readonly lanes: readonly Lane[];
  /** In the order of sending, including refused ones. */
  readonly messages: readonly Message[];
  readonly git: readonly GitMoment[];
  /** In order. It is empty if the setting has none. */
  readonly phases: readonly PhaseBand[];
  /** The seats' actions on other channels. */
  readonly activities: readonly {
    readonly seat: string;
    readonly seconds: number;
    readonly channel: string;
    readonly text: string;
  }[];
  readonly patches: readonly Patch[];
  readonly merge: Merge | null;
  /** Failing ones first. */
  readonly tests: readonly TestRun[];
  readonly attribution: Attribution | null;
  /** One for each model that labelled the trial. */
  readonly labelled: readonly ModelLabels[];
  /** What people say about the trial, in the order of writing. */
  readonly notes: readonly Note[];
  /** The labels that a note may give to it. It is empty if it is no failure of merged patches. */
  readonly note_labels: readonly string[];
  readonly files: readonly SharedFile[];
  readonly promises: readonly SeatPromise[];
  readonly communication: Communication;
  /** The same pair elsewhere in this run: other settings, such as solo, and other repetitions. */
  readonly siblings: readonly Pick<
    PairRow,
    'id' | 'setting' | 'repetition' | 'verdict' | 'overall' | 'cost'
  >[];
  /** Files of the trial that cannot be read, or not completely, each with the reason. */
  readonly problems: readonly string[];
  /** Files that evaluation dropped from the patches. */
  readonly dropped: readonly { readonly seat: string; readonly path: string; readonly rule: string }[];
}

/** The work of a seat. */
export interface Lane extends Omit<Seat, 'steps' | 'seconds'> {
  readonly features: readonly number[];
  readonly role: string | null;
  /** When its agent began, and when it ended. */
  readonly start: number | null;
  readonly end: number | null;
  readonly steps: readonly Step[];
  readonly trajectory: Trajectory;
}

/** A phase of the trial. */
export interface PhaseBand {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly seats: readonly string[];
  readonly start: number;
  /** It is null if it has not ended. */
  readonly end: number | null;
  readonly cost: number | null;
}

/** A seat's trajectory, which the page fetches in slices. */
export interface Trajectory {
  /** The file's name in the folder of the trial. */
  readonly file: string;
  readonly bytes: number;
  readonly messages: number;
  /** A letter for each message: `s` system, `u` user, `a` assistant, `t` tool, `o` another role. */
  readonly roles: string;
  /** Slice i begins with message `slices[i]`. */
  readonly slices: readonly number[];
  /** Why it cannot be read. */
  readonly problem: string | null;
}

/** One answer of the model and what it ran. */
export interface Step {
  readonly step: number;
  /** It is null if the files do not say. */
  readonly seconds: number | null;
  /**
   * Index of its first message in the trajectory. It is null if there is no trajectory yet, or it has no message of this step.
   */
  readonly message: number | null;
  /** The indices of its messages, at most 20: its answer, the results of its calls, and what follows them. */
  readonly messages: readonly number[];
  /** What the model took for its answer, and the commands for their results. */
  readonly model_seconds: number | null;
  readonly command_seconds: number | null;
  /** The first line of what it ran, or of what it said; at most 200 characters. It is empty if nothing says. */
  readonly summary: string;
  /** It sends or reads messages, or uses the shared git remote. */
  readonly communicates: boolean;
  readonly cost: number | null;
  /** The cost of the seat up to this step. */
  readonly total_cost: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
}

/** A message between seats. */
export interface Message extends Omit<SentMessage, 'time'> {
  /** Its place among the trial's messages, from 0. */
  readonly index: number;
  readonly seconds: number;
  /** It asks something, and the files say when messages were sent. */
  readonly question: boolean;
  /** The index of the message that replies to it. It is null if nobody answered, or it is not a question. */
  readonly answer: number | null;
  /** A recipient had finished. */
  readonly to_finished: boolean;
  /** The sender's step that sent it. It is null if it is not found. */
  readonly step: number | null;
}

export interface GitMoment {
  readonly seat: string;
  readonly seconds: number;
  readonly service: 'fetch' | 'push';
  readonly exit_code: number;
  /** The branches that moved. It is null if the run does not record it. */
  readonly refs: readonly GitRef[] | null;
}

export interface GitRef {
  /** For example, `refs/heads/agent1/work`. */
  readonly name: string;
  /** Commits. It is null if the branch was created, or removed. */
  readonly from: string | null;
  readonly to: string | null;
}

/** A patch without its text, which DiffsDocument has. */
export interface Patch extends Omit<StoryPatch, 'patch'> {
  readonly state: 'missing' | 'empty' | 'present';
}

export interface Merge {
  readonly status: string;
  readonly strategy: string | null;
  readonly policy: string | null;
  readonly conflicts: readonly string[];
  /** Words that say so when the tested tree has the patch of one seat alone. It is empty if it has all. */
  readonly only_tested: string;
  /** By policy, the verdict under it, where the evaluation implies it. */
  readonly policies: Readonly<Record<string, boolean>>;
  readonly files: readonly FileStat[];
}

/** A run of hidden tests without its output, which TestsDocument has. */
export interface TestRun {
  /** The key of its output in TestsDocument. */
  readonly id: string;
  /** `alone`: a seat's patch against its own tests. `merged`: the tested tree, which is one seat's in solo. */
  readonly scope: 'alone' | 'merged';
  readonly seat: string | null;
  readonly features: readonly number[];
  readonly passed: boolean;
  readonly tests_passed: number | null;
  readonly tests_failed: number | null;
  readonly exit_code: number | null;
  readonly timed_out: boolean;
  readonly unrecognised: boolean;
  readonly framework_patched: boolean;
  readonly missing_tests: readonly string[];
  readonly error: string | null;
  /** The tests that failed, as far as the runner's words are recognised; at most 20. */
  readonly failing: readonly FailedTest[];
}

export interface FailedTest extends FailingTest {
  /** Changed lines that may have broken it; at most 3. It is empty if the evidence names none. */
  readonly suspects: readonly Suspect[];
}

/** A change that a failing test points to. */
export interface Suspect {
  readonly path: string;
  /** The line in the tested tree. */
  readonly line: number;
  /** `trace`: the stack trace goes through the change. `name`: the change defines or removes a name of the message. */
  readonly why: 'trace' | 'name';
  /** The changed line, at most 200 characters. */
  readonly text: string;
  /** The seats whose patch has it, each with the first step that wrote it. */
  readonly writers: readonly { readonly seat: string; readonly step: number | null }[];
}

/** Why the trial failed. The clauses' texts joined are the sentence. */
export interface Attribution {
  readonly cause: NonNullable<Trial['cause']>['name'];
  readonly clauses: readonly Clause[];
}

export interface Clause {
  readonly text: string;
  /** The evidence. It is null if there is none to show. */
  readonly link:
    | { readonly to: 'tests'; readonly id: string }
    | { readonly to: 'patch'; readonly seat: string; readonly path: string | null }
    | { readonly to: 'merge'; readonly path: string | null }
    | { readonly to: 'message'; readonly index: number }
    | null;
}

/** What a model said of why the trial failed (`cooperbench analyze`). */
export interface ModelLabels {
  readonly model: string;
  /** `commitment, expectation`, `none`, or that the passes differ. */
  readonly labels: string;
  /** Words of the conversation. `message` is the index of the message, counted from 0. */
  readonly quotes: readonly Quote[];
}

/** A file that a patch changes, and which seat did what to it when. */
export interface SharedFile {
  readonly path: string;
  /** At least two patches change it. */
  readonly overlap: boolean;
  readonly conflict: boolean;
  readonly seats: Readonly<Record<string, FileTouch>>;
  /** Places of the base version that several patches change or touch. */
  readonly collisions: readonly Collision[];
}

export interface FileTouch {
  /**
   * The first step that writes the file: its command has a line of the patch, or changes a file of this name. It is null if
   * none does.
   */
  readonly first_step: number | null;
  readonly first_seconds: number | null;
  /** The seat's patch changes it. */
  readonly in_patch: boolean;
}

/** Hunks of several seats that overlap or touch in the base version. */
export interface Collision {
  /** Lines of the base version, from 1. */
  readonly start: number;
  readonly end: number;
  readonly hunks: readonly {
    readonly seat: string;
    /** Added lines, at most 12. */
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** The first step whose command contains an added line. It is null if it is not found. */
    readonly step: number | null;
  }[];
}

/** A sentence of a message in which a seat says what it will or will not change, beside what its patch does. */
export interface SeatPromise {
  readonly message: number;
  readonly seat: string;
  readonly sentence: string;
  /** It says that it will leave the files alone. */
  readonly refrains: boolean;
  readonly files: readonly { readonly path: string; readonly in_patch: boolean }[];
  /** It is null if its patch is missing. */
  readonly kept: boolean | null;
}

/** The seats' talk, with the cost of the steps that it took. */
export interface Communication extends Talk {
  /** The cost of the steps that communicate. It is null if some price is not known. */
  readonly communication_cost: number | null;
  readonly cost: number | null;
}

/** The texts of the patches and of the tested diff. */
export interface DiffsDocument {
  readonly schema_version: 1;
  /** Each in its files, so that a large file shortens no other. */
  readonly patches: readonly { readonly seat: string; readonly files: readonly Text[] }[];
  /** It is null if nothing was merged, or nobody evaluated the trial. */
  readonly merged: readonly Text[] | null;
}

export interface TestsDocument {
  readonly schema_version: 1;
  /** By the `id` of TestRun. */
  readonly outputs: Readonly<Record<string, Text>>;
}

/** A text, perhaps without its end. */
export interface Text {
  readonly text: string;
  /** Characters that are left out. The file of the run has them. */
  readonly left_out: number;
}

/** Some consecutive messages of a trajectory. */
export interface SliceDocument {
  readonly schema_version: 1;
  readonly messages: readonly TrajectoryMessage[];
}

export interface TrajectoryMessage extends Text {
  readonly index: number;
  /** What the model thought before it answered. It is null if nothing, or the provider does not say. */
  readonly thought: Text | null;
  /** `system`, `user`, `assistant`, `tool`; other tools may write others. */
  readonly role: string;
  readonly name: string | null;
  readonly seconds: number | null;
  readonly cost: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  /**
   * The call that a result of a tool answers: its name, and the index of its message. It is null if there is none, or if it is
   * not known.
   */
  readonly answers: { readonly name: string; readonly message: number } | null;
  /** The arguments: a command as it is, anything else as JSON. */
  readonly tool_calls: readonly { readonly name: string; readonly arguments: Text }[];
}

/** Where a text occurs in the texts of a run. Case does not count for the letters A to Z. */
export interface SearchDocument {
  readonly schema_version: 1;
  /** Trials whose texts were looked at. */
  readonly searched: number;
  /** Trials that the index of the run has no room for. */
  readonly unsearched_trials: number;
  /** Texts of the other trials that were not looked at, or not to their ends: too long for the index. */
  readonly unsearched_texts: number;
  /** Files that cannot be read, each with the reason. */
  readonly problems: readonly string[];
  /** Trials with the text, in the order of their ids. */
  readonly trials: readonly FoundTrialTexts[];
}

export interface FoundTrialTexts {
  readonly trial: string;
  /** Texts of the trial that contain it. */
  readonly count: number;
  /** The first of them: all up to 500 of one trial, 3 of each of the first 100 trials of a run. */
  readonly found: readonly FoundText[];
}

export interface FoundText {
  readonly place:
    | { readonly in: 'trajectory'; readonly seat: string; readonly index: number }
    | { readonly in: 'conversation'; readonly index: number }
    /** `side`: a seat, or `merged`. */
    | { readonly in: 'diffs'; readonly side: string; readonly path: string | null }
    | { readonly in: 'tests'; readonly id: string };
  /** What stands before the text, the text as it is written there, and what follows it. */
  readonly excerpt: readonly [before: string, text: string, after: string];
}
