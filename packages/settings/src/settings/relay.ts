import type { Setting } from '@cooperbench/core';

/** One agent for each feature, one after another, each from the work tree of the one before: cooperation without concurrency. */
export const relay: Setting = {
  // The patch of the last seat has the work of all.
  seats: (features) =>
    features.map((feature, index) => ({
      id: `agent${index + 1}`,
      fileStem: `agent${feature}`,
      ...(index === features.length - 1 ? { features } : { features: [feature], submitsPatch: false }),
    })),
  channels: [],
  judged: 'single',
  *phases({ seats, descriptions }) {
    const descriptionTexts = [...descriptions.values()];
    for (const [index, seat] of seats.entries()) {
      const previousSeat = seats[index - 1];
      const note = previousSeat
        ? '\n\n## What is there\n\nThe uncommitted changes of the work tree (`git diff HEAD`) are the work of others on other features. Keep it working: what you leave is tested as a whole.'
        : '';
      yield {
        name: `feature${index + 1}`,
        work: [
          {
            seat: seat.id,
            task: `${descriptionTexts[index]}${note}`,
            start: previousSeat ? { from: previousSeat.id } : 'fresh',
          },
        ],
      };
    }
  },
};
