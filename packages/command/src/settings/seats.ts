import { ConfigError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import type { SeatSettings, Settings } from './values.ts';

const repeatable = { helpGroup: 'AGENT', multiple: true, multipleNonGreedy: true } as const;

/** Flags that change one seat. In configuration files, `seats` does the same. */
export const seatFlags = {
  seat: Flags.string({
    ...repeatable,
    summary: 'Another agent or model for one seat. Repeatable.',
    helpValue: 'SEAT=[AGENT][:MODEL]',
  }),
  'seat-agent-config': Flags.string({
    ...repeatable,
    summary: 'Another agent configuration for one seat. Repeatable.',
    helpValue: 'SEAT=PATH',
  }),
  'seat-base-url': Flags.string({
    ...repeatable,
    summary: 'Another base URL for one seat. Repeatable.',
    helpValue: 'SEAT=URL',
  }),
  'seat-backend': Flags.string({
    ...repeatable,
    helpGroup: 'SANDBOX',
    summary: 'Another backend for one seat. Repeatable.',
    helpValue: 'SEAT=BACKEND',
  }),
};

export type SeatFlags = { readonly [F in keyof typeof seatFlags]?: string[] | undefined };

/** The flag for each setting of a seat. */
export const flagOfSeat: Readonly<Record<keyof SeatSettings, keyof SeatFlags>> = {
  agent: 'seat',
  model: 'seat',
  agentConfig: 'seat-agent-config',
  baseUrl: 'seat-base-url',
  backend: 'seat-backend',
};

const examples: Readonly<Record<keyof SeatFlags, string>> = {
  seat: 'agent2=openhands:gpt-5',
  'seat-agent-config': 'agent2=careful.yaml',
  'seat-base-url': 'agent2=http://127.0.0.1:8000/v1',
  'seat-backend': 'agent2=docker',
};

/**
 * Reads the flags of seats. Splits all of them at the first equals sign, and `[AGENT][:MODEL]` at the first colon. Later flags
 * take precedence over earlier ones, and flags over configuration. @throws ConfigError `SEAT_FLAG`.
 */
export function parseSeatOverrides(
  flags: SeatFlags = {},
  configured: Settings['seats'] = {},
): Settings['seats'] {
  // A map holds them, because a seat may be called `__proto__`, which is then refused as every unknown seat is.
  const overrides = new Map(Object.entries(configured));
  const set = (flag: keyof SeatFlags, parseValue: (value: string) => SeatSettings): void => {
    for (const text of flags[flag] ?? []) {
      const [seat, value] = split(text, flag);
      overrides.set(seat, { ...overrides.get(seat), ...parseValue(value) });
    }
  };
  set('seat', (value) => {
    const colon = value.indexOf(':');
    const agent = colon < 0 ? value : value.slice(0, colon);
    const model = colon < 0 ? '' : value.slice(colon + 1);
    return { ...(agent && { agent }), ...(model && { model }) };
  });
  set('seat-agent-config', (agentConfig) => ({ agentConfig }));
  set('seat-base-url', (baseUrl) => ({ baseUrl }));
  set('seat-backend', (backend) => ({ backend }));
  return overrides.size > 0 ? Object.fromEntries(overrides) : undefined;
}

function split(text: string, flag: keyof SeatFlags): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0 && equals < text.length - 1) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new ConfigError('SEAT_FLAG', `--${flag} "${text}" does not name a seat and a value.`, {
    hint: `For example: --${flag} ${examples[flag]}.`,
  });
}
