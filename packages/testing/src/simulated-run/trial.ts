import { createHash } from 'node:crypto';
import type { TrajectoryMessage } from '@cooperbench/core';
import type { ConversationEntry, ResultFile, RunEvent } from '@cooperbench/records';
import { buildEvaluation, formatIso, lostReason } from './evaluation.ts';
import {
  buildOutcome,
  createDraw,
  listMessages,
  listSeats,
  type Message,
  type Seat,
  type SimulatedTrial,
} from './seats.ts';

/** By name, the content of the files of a trial. */
export function buildFiles(trial: SimulatedTrial): Readonly<Record<string, string>> {
  const draw = createDraw(trial);
  const outcome = buildOutcome(trial, draw);
  const seats = listSeats(trial, outcome, draw);
  const messages = listMessages(seats);
  const events = listEvents(trial, seats, messages);
  const evaluation = outcome === 'unjudged' ? undefined : buildEvaluation(trial, outcome, seats, draw);
  const isCoop = trial.setting === 'coop';
  const conversation = messages
    .filter(({ accepted }) => accepted)
    .map(
      (message): ConversationEntry => ({
        ...{
          from: message.from,
          to: message.to,
          message: message.text,
          timestamp: message.at,
          received: false,
        },
        ...{ feature_id: seats.find(({ seat }) => seat === message.from)?.features[0] ?? 0 },
        delivered: message.read !== undefined,
      }),
    );
  return {
    ...Object.fromEntries(
      seats.flatMap((seat) => [
        [`${seat.stem}.patch`, seat.patch],
        [`${seat.stem}.log`, seat.steps.map(({ at, command }) => `${formatIso(at)} $ ${command}\n`).join('')],
        [`${seat.stem}_traj.json`, json(buildTrajectory(trial, seat, messages))],
      ]),
    ),
    ...(isCoop && { 'conversation.json': json(conversation) }),
    'events.jsonl': events.map((event) => `${JSON.stringify(event)}\n`).join(''),
    ...(evaluation && { 'eval.json': json(evaluation) }),
    'result.json': json(buildResult(trial, seats, messages)),
  };
}

function listEvents(trial: SimulatedTrial, seats: readonly Seat[], messages: readonly Message[]): RunEvent[] {
  const id = getIdOf(trial);
  const stampEvent = (seconds: number) => ({ trial: id, time: formatIso(seconds) });
  const ofSeats = seats.flatMap((simulatedSeat): RunEvent[] => {
    const { seat, start, end, status, steps, patch } = simulatedSeat;
    const { messages: entries } = buildTrajectory(trial, simulatedSeat, messages);
    const answerIndexes = entries.flatMap(({ role }, index) => (role === 'assistant' ? [index] : []));
    let cost = 0;
    const error = status === 'Error' ? lostReason : null;
    return [
      { type: 'sandbox_ready', ...stampEvent(start), seat, sandbox: `simulated-${seat}` },
      { type: 'seat_started', ...stampEvent(start), seat },
      ...steps.flatMap((step, index): RunEvent[] => {
        cost += step.cost;
        const service = /^git (push|fetch) team/.exec(step.command)?.[1] as 'push' | 'fetch' | undefined;
        const refs = [
          {
            name: 'refs/heads/work',
            from: null,
            to: createHash('sha1').update(`${id}${seat}${index}`).digest('hex'),
          },
        ];
        const message = answerIndexes[index] ?? 0;
        return [
          { type: 'step', ...stampEvent(step.at), seat, steps: index + 1, message, cost, cost_known: true },
          { type: 'answer', ...stampEvent(step.at), seat, message, text: step.command.split('\n')[0] ?? '' },
          ...(service
            ? [{ type: 'git', ...stampEvent(step.at + 1), seat, service, exit_code: 0, refs } as const]
            : []),
        ];
      }),
      { type: 'patch', ...stampEvent(end), seat, lines: computeLines(patch), bytes: patch.length },
      {
        type: 'seat_finished',
        ...stampEvent(end),
        seat,
        status,
        steps: steps.length,
        cost,
        cost_known: true,
        error,
      },
    ];
  });
  const ofMessages = messages.flatMap(
    ({ id: message, from, to, text, at: sentAt, read, accepted }): RunEvent[] => [
      {
        type: 'message',
        ...stampEvent(sentAt),
        id: message,
        from,
        to,
        text,
        accepted,
        accepted_by: accepted ? [to] : [],
      },
      ...(read === undefined
        ? []
        : [{ type: 'message_delivered', ...stampEvent(read), id: message, seat: to } as const]),
    ],
  );
  const started = {
    type: 'trial_started',
    ...stampEvent(trial.start),
    seats: seats.map(({ seat, features }) => ({ seat, features })),
  } as const;
  return [started, ...[...ofSeats, ...ofMessages].sort((left, right) => (left.time < right.time ? -1 : 1))];
}

function buildTrajectory(
  trial: SimulatedTrial,
  { seat, status, features, steps }: Seat,
  messages: readonly Message[],
) {
  const inbox = messages.filter(({ to, read }) => to === seat && read !== undefined);
  const entries = steps.flatMap(({ at, command, says, cost }, index): TrajectoryMessage[] => [
    ...inbox
      .filter(({ read }) => read === at)
      .map(
        ({ from, text }) =>
          ({ role: 'user', content: `[Message from ${from}]: ${text}`, timestamp: at }) as const,
      ),
    {
      ...{ role: 'assistant', content: says, timestamp: at, cost },
      ...{ input_tokens: 3000 + 1500 * index, output_tokens: 80 },
      tool_calls: [{ id: String(index), name: 'bash', arguments: { command } }],
    },
    { role: 'tool', name: 'bash', content: getOutput(trial, command, index), timestamp: at + 1.5 },
  ]);
  const start: TrajectoryMessage[] = [
    { role: 'system', content: 'You are a software engineer.', timestamp: trial.start },
    {
      role: 'user',
      content: `Implement ${features.map((feature) => `feature ${feature}`).join(' and ')}.`,
      timestamp: trial.start,
    },
  ];
  return {
    ...{ repo: trial.repo, task_id: trial.taskId, features, agent_id: seat, model: trial.model, status },
    ...{ cost: computeCost(steps), steps: steps.length, messages: [...start, ...entries] },
  };
}

function buildResult(
  trial: SimulatedTrial,
  seats: readonly Seat[],
  messages: readonly Message[],
): ResultFile {
  const { run, setting, repo, taskId, features, repetition, model, start } = trial;
  const isCoop = setting === 'coop';
  const results = seats.map(
    ({ seat, stem, features: seatFeatures, status, steps, patch }) =>
      [
        seat,
        {
          ...(seatFeatures.length === 1
            ? { feature_id: seatFeatures[0] as number }
            : { features: seatFeatures }),
          ...{ file_stem: stem, status, cost: computeCost(steps), cost_known: true, steps: steps.length },
          ...{ input_tokens: 10_000 * steps.length, output_tokens: 80 * steps.length },
          ...{ cache_read_tokens: 0, cache_write_tokens: 0, patch_lines: computeLines(patch) },
          ...{ error: status === 'Error' ? lostReason : null, agent_framework: 'mini_swe_agent', model },
        },
      ] as const,
  );
  const end = Math.max(...seats.map((seat) => seat.end));
  return {
    ...{ schema_version: 1, repo, task_id: taskId, features, repetition, seed: repetition, setting },
    ...{
      judged: isCoop ? 'merge' : 'single',
      run_id: '00000000',
      run_name: run,
      agent_framework: 'mini_swe_agent',
      model,
    },
    ...{ started_at: formatIso(start), ended_at: formatIso(end), duration_seconds: end - start },
    ...(isCoop
      ? { agents: Object.fromEntries(results) }
      : { agent: results[0]?.[1] as (typeof results)[0][1] }),
    total_cost: seats.reduce((sum, { steps }) => sum + computeCost(steps), 0),
    total_steps: seats.reduce((sum, { steps }) => sum + steps.length, 0),
    ...(isCoop && { messages_sent: messages.filter(({ accepted }) => accepted).length }),
    ...{ log_dir: '', config_hash: '', backend: 'docker', channels: isCoop ? ['messages', 'git'] : [] },
    ...{
      messaging_enabled: isCoop,
      git_enabled: isCoop,
      untrusted: true,
      base_commit: null,
      origin: null,
      versions: {},
    },
  };
}

function getOutput({ outputSize }: SimulatedTrial, command: string, index: number): string {
  const line = `src/module_${index}.py:${index}: "a line" of ${command.slice(0, 40)}\n`;
  return `<returncode>0</returncode>\n${line.repeat(Math.ceil(outputSize / line.length))}`;
}

function computeCost(steps: Seat['steps']): number {
  return steps.reduce((sum, { cost }) => sum + cost, 0);
}

function computeLines(patch: string): number {
  return patch.split('\n').length - 1;
}

export function getIdOf({ setting, repo, taskId, features, repetition }: SimulatedTrial): string {
  return `${setting}/${repo}/${taskId}/f${features.join('_f')}${repetition === 1 ? '' : `@${repetition}`}`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
