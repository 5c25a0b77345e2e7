import { mapConcurrently } from '@cooperbench/core';
import { getMessage } from '@cooperbench/core/errors';
import {
  type RunEvent,
  readEvaluatingTrials,
  readStoredSeats,
  readTrials,
  type StoredTrial,
  sortById,
} from '@cooperbench/records';
import {
  buildTrial,
  findCost,
  getSeconds,
  listMessagesOfEvents,
  readEvents,
  readVerdict,
  type TrialDetails,
} from '@cooperbench/report';
import { listLabels } from './labels.ts';
import type { PairRow, RunDocument } from './model.ts';
import { parseNumber } from './texts.ts';
import { readRunningTrials } from './trials.ts';

/** Returns a run with a row for each trial. Reads no trajectories. */
export async function runDocument(runDir: string, name: string, running: boolean): Promise<RunDocument> {
  const problems: string[] = [];
  const storedTrials = await readTrials(runDir, (path, reason) => problems.push(`${path}: ${reason}`));
  const pairs: PairRow[] = [];
  const evaluating = await readEvaluatingTrials(runDir);
  const readRow = async (trial: StoredTrial): Promise<void> => {
    try {
      const details = await readVerdictDetails(trial);
      problems.push(...details.problems);
      pairs.push(buildRow(name, details, evaluating.has(trial.id) ? 'evaluating' : undefined));
    } catch (error) {
      // Files of other tools may have any shape. One of them must not hide the others.
      problems.push(`${trial.directory}: ${getMessage(error)}`);
    }
  };
  for await (const _ of mapConcurrently(storedTrials, 32, readRow));
  const finishedIds = new Set(pairs.map(({ id }) => id));
  for (const trial of running ? await readRunningTrials(runDir) : []) {
    if (finishedIds.has(trial.id)) continue;
    const onBroken = (path: string, reason: string): void => void problems.push(`${path}: ${reason}`);
    const events = await readEvents(trial.directory, onBroken);
    pairs.push(buildRow(name, { ...(await readVerdictDetails(trial)), events }, 'running'));
  }
  return { schema_version: 1, name, running, pairs: sortById(pairs), problems };
}

/** Reads the content of a trial's result.json, eval.json, analysis.json and notes.jsonl. */
export async function readVerdictDetails(storedTrial: StoredTrial): Promise<TrialDetails> {
  const seats = (await readStoredSeats(storedTrial)).map((seat) => ({ ...seat, messages: [] }));
  const { problems: verdictProblems, ...verdict } = await readVerdict(storedTrial.directory);
  const problems = [
    ...(storedTrial.unusable === undefined ? [] : [storedTrial.unusable]),
    ...verdictProblems,
  ];
  return { stored: storedTrial, ...verdict, problems, events: [], messages: [], recorded: 'nothing', seats };
}

/** Builds a trial in the table. `state`: what a process does with it now. */
export function buildRow(run: string, details: TrialDetails, state?: 'running' | 'evaluating'): PairRow {
  const trial = buildTrial(run, details);
  const { result } = details.stored;
  const { id, setting, pair, task, repo, features, repetition, judged, agent, model, seats } = trial;
  return {
    ...{ id, setting, pair, task, repo, features, repetition, judged, agent, model },
    verdict: state ?? trial.verdict,
    overall: trial.overall,
    individual: trial.individual,
    merge: trial.merge && {
      status: trial.merge.status,
      strategy: trial.merge.strategy,
      policy: trial.merge.policy,
    },
    cause: trial.cause,
    metrics: trial.metrics,
    models: [...new Set(seats.map((seat) => seat.model))],
    labels: listLabels(trial),
    started_at: typeof result?.started_at === 'string' ? result.started_at : null,
    ...(state === 'running'
      ? buildFiguresSoFar(details.events)
      : {
          seconds: trial.seconds,
          cost: findCost(trial),
          steps: sum(seats.map(({ steps }) => steps)),
          messages: parseNumber(result?.messages_sent),
        }),
    statuses: Object.fromEntries(seats.map(({ seat, status }) => [seat, status])),
    empty: seats.filter(({ patch_lines: lines }) => lines === 0).map(({ seat }) => seat),
  };
}

/** Returns the usage so far of a running trial. */
function buildFiguresSoFar(
  events: readonly RunEvent[],
): Pick<PairRow, 'seconds' | 'cost' | 'steps' | 'messages'> {
  const usageEvents = events.filter((event) => event.type === 'step' || event.type === 'seat_finished');
  const last = [...new Map(usageEvents.map((event) => [event.seat, event])).values()];
  const [first, latest] = [events[0], events.at(-1)];
  return {
    seconds: first && latest ? Math.max(0, getSeconds(latest) - getSeconds(first)) : null,
    cost: last.some(({ cost_known: isCostKnown }) => isCostKnown === false)
      ? null
      : last.reduce((total, { cost }) => total + cost, 0),
    steps: last.reduce((total, { steps }) => total + steps, 0),
    messages: listMessagesOfEvents(events).filter(({ accepted_by }) => accepted_by.length > 0).length,
  };
}

/** Returns null if a part is not known, or there are none. */
function sum(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
}
