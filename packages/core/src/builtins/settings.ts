import type { Setting } from '../contracts/setting.ts';

/** One agent does all features: the baseline. */
export const solo: Setting = {
  name: 'solo',
  cooperative: false,
  seats: (features) => [{ seat: 'solo', features }],
};

/** An agent a feature, at the same time. */
export const coop: Setting = {
  name: 'coop',
  cooperative: true,
  seats: (features) => features.map((feature, index) => ({ seat: `agent${index + 1}`, features: [feature] })),
};

export const settings: Readonly<Record<string, Setting>> = { coop, solo };
