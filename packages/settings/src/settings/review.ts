import { objectSchema, option, type Setting, type SettingDefinition } from '@cooperbench/core';

interface Options {
  readonly rounds?: number;
}

const reviewFile = 'review.md';
const approved = /^\W*approved\b/i;

/** One agent implements all features. A second agent reviews the author's work until it approves. */
function createReview({ rounds = 2 }: Options = {}): Setting {
  return {
    seats: (features) => [
      { id: 'agent1', features, fileStem: 'agent1', role: 'implementer' },
      { id: 'agent2', features: [], fileStem: 'agent2', role: 'reviewer', submitsPatch: false },
    ],
    channels: [],
    judged: 'single',
    maxPhases: 1 + 2 * rounds,
    *phases({ seats: [implementer], task }) {
      const goal = implementer ? task(implementer) : '';
      yield { name: 'implement', work: [{ seat: 'agent1', task: goal, start: 'fresh' }] };
      for (let round = 1; round <= rounds; round += 1) {
        const { seats } = yield {
          name: 'review',
          work: [
            {
              seat: 'agent2',
              task: `Review the uncommitted changes of this repository (\`git diff HEAD\`). Do not correct them yourself: changes of yours are discarded. They should do the following:\n\n${goal}\n\n## Your review\n\nRun the tests and read the code. Write your review to \`${reviewFile}\` at the top of the repository. If nothing has to change, its first line is \`APPROVED\`. Otherwise, list what is wrong, with files and lines.`,
              start: { from: 'agent1' },
              handsOver: [reviewFile],
              keepsChanges: false,
            },
          ],
        };
        const text = seats.get('agent2')?.files.get(reviewFile)?.trim() ?? '';
        if (text === '' || approved.test(text)) return;
        const revision = `${goal}\n\n## Review\n\nThe work tree has your changes so far. Revise them. A reviewer wrote:\n\n${text}`;
        yield { name: 'revise', work: [{ seat: 'agent1', task: revision, start: 'continue' }] };
      }
    },
  };
}

export const reviewSetting: SettingDefinition = {
  options: objectSchema<Options>({
    rounds: option.integer(1, 'Maximum number of reviews.', { maximum: 9, default: 2 }),
  }),
  create: (options) => createReview(options as Options),
};
