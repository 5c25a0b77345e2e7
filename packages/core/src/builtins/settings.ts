import type { Setting } from '../contracts/setting.ts';

/** One agent implements all features: the baseline. */
export const solo: Setting = {
  seats: (features) => [{ id: 'solo', features, fileStem: 'solo' }],
  judged: 'single',
};

/** One agent for each feature, all at the same time. */
export const coop: Setting = {
  seats: (features) =>
    features.map((feature, index) => ({
      id: `agent${index + 1}`,
      features: [feature],
      fileStem: `agent${feature}`,
    })),
  channels: ['messages'],
  judged: 'merge',
  instructions(seat, seats) {
    const peers = seats.filter(({ id }) => id !== seat.id).map(({ id }) => id);
    const work = peers.length === 1 ? 'works' : 'work';
    return `You are not the only one. ${peers.join(', ')} ${work} at the same time on another part of the same repository, each in their own copy: you do not see their files and they do not see yours. When everybody has finished, all patches are merged, and the merged code has to pass everybody's tests. A conflict in the merge can cost all of you the result, so keep your change small and where it belongs, and do not reformat or move code that is not yours.`;
  },
};
