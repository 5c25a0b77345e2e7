import { objectSchema, option, type Setting, type SettingDefinition } from '@cooperbench/core';
import { formatOtherSeats, listSeatForEach } from './seats.ts';

interface Options {
  readonly planShare?: number;
}

const planFile = 'plan.txt';

/** Agents plan together. Then fresh agents implement their own plans. */
function planExecute({ planShare = 0.3 }: Options = {}): Setting {
  return {
    seats: listSeatForEach,
    channels: ['messages', 'git'],
    judged: 'merge',
    maxPhases: 2,
    *phases({ seats, task }) {
      const planned = yield {
        name: 'plan',
        share: planShare,
        work: seats.map((seat) => ({
          seat: seat.id,
          task: `${task(seat)}\n\n## Now: only plan\n\nRead the code and agree with the others on who changes what. Do not implement anything. Write your plan to \`${planFile}\` at the top of the repository: the files, functions and lines that you will change, and how. Somebody who has read only your task and this file will implement it. Everything but that file is discarded.`,
          start: 'fresh',
          handsOver: [planFile],
          keepsChanges: false,
        })),
      };
      yield {
        name: 'execute',
        work: seats.map((seat) => {
          const plan = planned.seats.get(seat.id)?.files.get(planFile)?.trim();
          const text = plan
            ? `\n\n## Plan\n\nFollow this plan, which was agreed with the others:\n\n${plan}`
            : '';
          return { seat: seat.id, task: `${task(seat)}${text}`, start: 'fresh' };
        }),
      };
    },
    instructions: (seat, seats) =>
      `You are not the only one. ${formatOtherSeats(seat, seats)} work at the same time on other parts of the same repository, each in their own copy. In the end, all patches are merged, and the merged code has to pass everybody's tests. A conflict in the merge can cost all of you the result.`,
  };
}

export const planExecuteSetting: SettingDefinition = {
  options: objectSchema<Options>({
    planShare: option.number(0.01, 'The share of its limits that a seat may use to plan.', {
      maximum: 1,
      default: 0.3,
    }),
  }),
  create: (options) => planExecute(options as Options),
};
