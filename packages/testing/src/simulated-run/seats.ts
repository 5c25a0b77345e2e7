import { createHash } from 'node:crypto';
import type { SeatStatus } from '@cooperbench/core';

/** A trial that nobody ran. The same one always has the same files. */
export interface SimulatedTrial {
  readonly run: string;
  /** `coop` or `solo`. */
  readonly setting: string;
  readonly repo: string;
  readonly taskId: number;
  readonly features: readonly [number, number];
  readonly repetition: number;
  readonly model: string;
  /** Unix seconds. */
  readonly start: number;
  /** Characters that each command prints. */
  readonly outputSize: number;
}

/** What came of it, each with its share of the trials of a task of middling difficulty. */
const outcomes = {
  coop: {
    passed: 0.3,
    fails_alone: 0.03,
    resolved: 0.12,
    textual: 0.14,
    unmergeable: 0.08,
    semantic: 0.12,
    own: 0.1,
    empty: 0.03,
    unapplied: 0.02,
    slow: 0.02,
    lost_seat: 0.02,
    lost_tests: 0.01,
    unjudged: 0.01,
  },
  solo: { passed: 0.55, own: 0.36, empty: 0.03, slow: 0.03, lost_seat: 0.02, unjudged: 0.01 },
} as const;

export type Outcome = keyof typeof outcomes.coop;

interface Step {
  readonly at: number;
  readonly command: string;
  readonly says: string;
  readonly cost: number;
}

export interface Message {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly at: number;
  /** It is undefined if nobody read it. */
  readonly read: number | undefined;
  readonly accepted: boolean;
}

export interface Seat {
  readonly seat: string;
  readonly stem: string;
  readonly features: readonly number[];
  readonly status: SeatStatus;
  readonly start: number;
  readonly end: number;
  readonly steps: readonly Step[];
  readonly patch: string;
}

/** Numbers from 0 to 1, by what they decide. */
export type DrawNumber = (purpose: string) => number;

export function createDraw({
  setting,
  repo,
  taskId,
  features,
  repetition,
  model,
}: SimulatedTrial): DrawNumber {
  const id = [setting, repo, taskId, ...features, repetition, model].join(' ');
  return (purpose) => createHash('sha256').update(`${id} ${purpose}`).digest().readUInt32LE() / 2 ** 32;
}

/** Tasks differ in difficulty, so that pairs of one task fail together. */
export function buildOutcome({ setting, repo, taskId }: SimulatedTrial, draw: DrawNumber): Outcome {
  const hard = createHash('sha256').update(`${repo} ${taskId}`).digest().readUInt8() / 255;
  const shares = Object.entries(outcomes[setting === 'coop' ? 'coop' : 'solo']).map(
    ([name, share]) => [name as Outcome, name === 'passed' ? share * (1.6 - 1.2 * hard) : share] as const,
  );
  let left = draw('outcome') * shares.reduce((sum, [, share]) => sum + share, 0);
  for (const [name, share] of shares) {
    left -= share;
    if (left < 0) return name;
  }
  return 'passed';
}

export function listSeats(trial: SimulatedTrial, outcome: Outcome, draw: DrawNumber): Seat[] {
  const { setting, features } = trial;
  const plans =
    setting === 'coop'
      ? features.map((feature, index) => ({
          seat: `agent${index + 1}`,
          stem: `agent${feature}`,
          features: [feature],
        }))
      : [{ seat: 'solo', stem: 'solo', features }];
  return plans.map((plan, index) => {
    const last = index === plans.length - 1;
    const isLost = outcome === 'lost_seat' && last;
    const start = trial.start + 2 + 3 * draw(`${plan.seat} ready`);
    const steps = listSteps(
      trial,
      plan.seat,
      plans.find((otherPlan) => otherPlan !== plan)?.seat,
      start,
      isLost,
      draw,
    );
    const end = draw(`${plan.seat} end`);
    const status = isLost ? 'Error' : end < 0.05 ? 'LimitsExceeded' : end < 0.07 ? 'Timeout' : 'Completed';
    const patch =
      isLost || (outcome === 'empty' && last) ? '' : patchOf(trial, outcome, plan.features, index);
    return { ...plan, status, start, end: (steps.at(-1)?.at ?? start) + 4, steps, patch };
  });
}

function listSteps(
  trial: SimulatedTrial,
  seat: string,
  peer: string | undefined,
  start: number,
  isLost: boolean,
  draw: DrawNumber,
): Step[] {
  const count = isLost ? 4 : 8 + Math.floor(18 * draw(`${seat} steps`));
  const [sharedPath, ownPath] = listPaths(trial, seat);
  const edit = listAddedLines(trial, seat).join('\n');
  const work = [
    `grep -rn "def handle" ${getModule(trial)}`,
    `sed -n 1,120p ${sharedPath}`,
    `sed -n 1,80p ${ownPath}`,
    `python3 - <<'END'\nfrom pathlib import Path\npath = Path("${ownPath}")\npath.write_text(path.read_text() + '''\n${edit}\n''')\nEND`,
    'python3 -m pytest -q tests | tail -20',
    `git diff --stat`,
  ];
  const sayCommand = (text: string): string => `send_message ${peer} "${text}"`;
  const talk = [
    sayCommand(
      `I'll change ${sharedPath}: the new option goes into handle(). Do you change the same function?`,
    ),
    sayCommand(`I add my parameter as the last one, so that we don't collide. I won't touch ${ownPath}.`),
    'git push team HEAD:refs/heads/work',
    'git fetch team && git merge team/work',
    sayCommand('Done, all tests pass on my side.'),
  ];
  let time = start;
  return Array.from({ length: count }, (_, index) => {
    time += 4 + 30 * draw(`${seat} ${index}`);
    const spoken = peer !== undefined && index % 4 === 3 ? talk[Math.floor(index / 4)] : undefined;
    const command =
      index === count - 1
        ? 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT'
        : (spoken ?? work[index % work.length] ?? '');
    return {
      at: time,
      command,
      says: `Step ${index + 1}: ${spoken ? 'I talk to my peer.' : 'I look at the code.'}`,
      cost: 0.004 + 0.001 * index,
    };
  });
}

export function listMessages(seats: readonly Seat[]): Message[] {
  return seats
    .flatMap((sender) =>
      sender.steps.flatMap(({ at, command }, index): Message[] => {
        const [, to = '', text = ''] = /^send_message (\w+) "(.*)"$/.exec(command) ?? [];
        const recipient = seats.find(({ seat }) => seat === to);
        if (!recipient) return [];
        const isAccepted = at + 1 < recipient.end;
        const readTime = isAccepted ? recipient.steps.find((step) => step.at > at + 1)?.at : undefined;
        return [
          {
            id: `${sender.seat}-${index}`,
            from: sender.seat,
            to,
            text,
            at: at + 1,
            read: readTime,
            accepted: isAccepted,
          },
        ];
      }),
    )
    .sort((left, right) => left.at - right.at);
}

function patchOf(
  trial: SimulatedTrial,
  outcome: Outcome,
  features: readonly number[],
  index: number,
): string {
  const seat = trial.setting === 'coop' ? `agent${index + 1}` : 'solo';
  const [sharedPath, ownPath] = listPaths(trial, seat);
  const collides = ['resolved', 'textual', 'unmergeable'].includes(outcome);
  const line = collides ? 40 : 40 + 60 * index;
  return `${formatHunk(sharedPath, line, listAddedLines(trial, seat))}${formatHunk(
    ownPath,
    12,
    features.map((feature) => `    register_feature_${feature}(self)`),
  )}`;
}

function formatHunk(path: string, line: number, newLines: readonly string[]): string {
  const [before, after] = [
    [' def handle(self, request):', '     options = self.options', ''],
    [' ', '     return options', ' '],
  ];
  const body = [...before.slice(0, 2), ...newLines.map((text) => `+${text}`), ...after.slice(1)];
  return `diff --git a/${path} b/${path}\nindex 1111111..2222222 100644\n--- a/${path}\n+++ b/${path}\n@@ -${line},4 +${line},${4 + newLines.length} @@\n${body.join('\n')}\n`;
}

function listAddedLines({ features }: SimulatedTrial, seat: string): string[] {
  const seatFeatures = seat === 'solo' ? features : [features[seat === 'agent1' ? 0 : 1]];
  return seatFeatures.flatMap((feature) => [
    `    if request.wants_feature_${feature}:`,
    `        options = apply_feature_${feature}(options)`,
  ]);
}

function getModule({ repo }: SimulatedTrial): string {
  return `src/${repo.replace(/_task$/, '')}`;
}

/** Lists the file that both seats change, and one of the seat's own. */
export function listPaths(trial: SimulatedTrial, seat: string): readonly [shared: string, own: string] {
  return [`${getModule(trial)}/core.py`, `${getModule(trial)}/${seat === 'agent2' ? 'writer' : 'reader'}.py`];
}
