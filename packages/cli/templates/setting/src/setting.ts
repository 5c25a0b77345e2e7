import type { Setting } from '@cooperbench/core';
import type { Options } from './options.ts';

/** A team: a lead who reviews, and an agent for each feature. */
export function createSetting({ channels = ['messages', 'git'] }: Options): Setting {
  return {
    // The lead comes first in the list, and hands in nothing. Patches of the others are merged in this order.
    seats: (features) => [
      { id: 'lead', role: 'lead', features: [], fileStem: 'lead', submitsPatch: false },
      ...features.map((feature, index) => ({
        id: `agent${index + 1}`,
        role: 'engineer',
        features: [feature],
        fileStem: `agent${feature}`,
      })),
    ],
    channels,
    judged: 'merge',
    task: ({ features }, descriptions) =>
      features.length > 0
        ? features.map((feature) => descriptions.get(feature)).join('\n\n')
        : `Review the work of your team and keep it compatible. You change no code. The features:\n\n${[...descriptions.values()].join('\n\n')}`,
    instructions: (seat, all) => {
      const others = all.filter(({ id }) => id !== seat.id).map(({ id, role }) => `${id} (${role})`);
      return `You are ${seat.id}, the ${seat.role} of a team with ${others.join(', ')}. Everybody has a copy of the repository. The patches of all engineers are merged at the end and have to pass everybody's tests.`;
    },
  };
}
