import { CooperBenchError, type Layer, mapConcurrently } from '@cooperbench/core';
import { chooseNetwork } from '@cooperbench/core/host';
import { type RunEventBody, readSpending } from '@cooperbench/records';
import type { RunOptions } from '../options/options.ts';
import { planRun, type RunPlan } from '../plan/plan.ts';
import { readJudging, readMatchingConfig } from '../run-folder/config-file.ts';
import { checkRunDir } from '../run-folder/log-dir.ts';
import { noticeOtherBackends, readFinishedTrials } from '../run-folder/resume.ts';
import { openSeatServices, removeDuplicates, type SeatServices } from '../services/assign-seats.ts';
import { checkEvalNetwork } from '../services/evaluation-network.ts';
import { noticeBroken, openRunEvents } from '../services/run-events.ts';
import type { RunHost } from '../services/run-host.ts';
import { Services } from '../services/services.ts';
import { EventStream } from '../trial/event-stream.ts';

type Notice = Pick<Extract<RunEventBody, { type: 'notice' }>, 'level' | 'text'>;

/** The outcome of checking a run without starting it. */
export interface RunCheck {
  readonly plan: RunPlan;
  /** Trials that keep their result. */
  readonly done: ReadonlySet<string>;
  /** USD that the run has spent. */
  readonly spent: number;
  /** Reasons why the run would not start. It is empty if it would start. */
  readonly problems: readonly CooperBenchError[];
  /** Notices that the run would show to the user. */
  readonly notices: readonly Notice[];
  /** Models whose price is not known. */
  readonly unpriced: ReadonlySet<string>;
  /** Images that the remaining trials need, on backends that keep images. */
  readonly images: readonly CheckedImage[];
}

export interface CheckedImage {
  readonly image: string;
  readonly backend: string;
  /** It is null if the backend cannot say. */
  readonly present: boolean | null;
}

/**
 * Checks everything that a run would refuse: agents, models, keys, prices, backends, channels, the directory of the run.
 * Starts no sandbox, calls no model and writes nothing. `onEvent` gets what it waits for. @throws ConfigError when the run cannot be planned at all.
 */
export async function checkRun(host: RunHost, options: RunOptions): Promise<RunCheck> {
  const { registry } = host;
  const plan = planRun(registry, options);
  const problems: CooperBenchError[] = [];
  const attempt = async <T>(check: () => Promise<T>): Promise<T | undefined> => {
    options.signal?.throwIfAborted();
    try {
      return await check();
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!CooperBenchError.is(error)) throw error;
      problems.push(error);
      return undefined;
    }
  };
  const notices: Notice[] = [];
  const events = new EventStream([
    (event) => {
      if (event.type === 'notice') notices.push({ level: event.level, text: event.text });
    },
  ]);
  noticeBroken(plan.dataset, options, events);
  const live = openRunEvents(host, options);
  await using services = new Services(host, options, events, (text) => void live.notice(text));
  if (options.autoEval !== false)
    await attempt(async () =>
      services.evaluator({ ...options, ...(await readJudging(plan.runDir, options)) }),
    );
  const { agentOf, backendOf } = await openSeatServices(plan, services, attempt);
  // A backend that cannot be opened is a problem already.
  if (options.autoEval !== false && backendOf(plan))
    await attempt(async () => checkEvalNetwork(plan, services, await readJudging(plan.runDir, options)));
  const agents = plan.trials.flatMap(({ seats }) => seats.flatMap((choice) => agentOf(choice) ?? []));
  const withoutLimit = agents.filter(({ limits }) => limits.maxCostUsd === undefined);
  const unpriced = new Set(withoutLimit.map(({ access }) => access.model));
  const policies = plan.trials.map(({ featureSet }) => chooseNetwork(featureSet.task, plan.network));
  await attempt(() => services.connectRegistries(policies, options.registries ?? []));
  const { bus } = plan;
  if (bus !== undefined) await attempt(() => services.bus(bus));
  await attempt(() => checkRunDir(plan.runDir));
  await attempt(() => readMatchingConfig(plan, options.force ?? false));
  const spentUsd = (await attempt(() => readSpending(plan.runDir))) ?? 0;
  const finished = options.force ? [] : await readFinishedTrials(plan);
  noticeOtherBackends(finished, plan, events);
  const finishedIds = new Set(finished.map(({ id }) => id));
  const sources = plan.trials
    .filter(({ id }) => !finishedIds.has(id))
    .flatMap(({ featureSet, seats }) =>
      seats.map((choice) => ({
        image: featureSet.task.image,
        taskDir: featureSet.task.directory,
        layers: agentOf(choice)?.layers ?? [],
        backend: choice.backend,
      })),
    );
  const images = (await attempt(() => readImages(sources, backendOf, options))) ?? [];
  return { plan, done: finishedIds, spent: spentUsd, problems, notices, unpriced, images };
}

interface Source {
  readonly image: string;
  readonly taskDir: string;
  readonly layers: readonly Layer[];
  readonly backend: string;
}

async function readImages(
  sources: readonly Source[],
  backendOf: SeatServices['backendOf'],
  { signal }: RunOptions,
): Promise<CheckedImage[]> {
  const keptSources = sources.filter((source) => backendOf(source)?.prepare);
  const images: CheckedImage[] = [];
  const uniqueSources = removeDuplicates(keptSources, (source) => JSON.stringify(source));
  for await (const image of mapConcurrently(uniqueSources, 8, async ({ backend, ...source }) => ({
    image: source.image,
    backend,
    present: (await backendOf({ backend })?.hasImage?.(source, { signal })) ?? null,
  })))
    images.push(image);
  return images.sort((left, right) => (left.image < right.image ? -1 : 1));
}
