import { ConfigError } from '@cooperbench/core/errors';
import * as Flags from '@oclif/core/flags';
import type { Settings } from './values.ts';

const repeatable = { helpGroup: 'AGENT', multiple: true, multipleNonGreedy: true } as const;

/** Flags that change one seat. In configuration files, `seats` says the same. */
export const seatFlags = {
  seat: Flags.string({
    ...repeatable,
    summary: 'Another agent or model for one seat. Repeatable.',
    helpValue: 'SEAT=[AGENT][:MODEL]',
  }),
  'seat-backend': Flags.string({
    ...repeatable,
    helpGroup: 'SANDBOX',
    summary: 'Another backend for one seat. Repeatable.',
    helpValue: 'SEAT=BACKEND',
  }),
};

/**
 * Splits `SEAT=[AGENT][:MODEL]` at the first colon, and `SEAT=BACKEND`. Later flags win, and flags win over configuration.
 * @throws ConfigError `SEAT_FLAG`.
 */
export function seatOverrides(
  seats: readonly string[] = [],
  backends: readonly string[] = [],
  configured: Settings['seats'] = {},
): Settings['seats'] {
  const overrides = { ...configured };
  for (const text of seats) {
    const [seat, value] = split(text, '--seat', 'agent2=openhands:gpt-5');
    const colon = value.indexOf(':');
    const agent = colon < 0 ? value : value.slice(0, colon);
    const model = colon < 0 ? '' : value.slice(colon + 1);
    overrides[seat] = { ...overrides[seat], ...(agent && { agent }), ...(model && { model }) };
  }
  for (const text of backends) {
    const [seat, backend] = split(text, '--seat-backend', 'agent2=docker');
    overrides[seat] = { ...overrides[seat], backend };
  }
  return Object.keys(overrides).length > 0 ? overrides : undefined;
}

function split(text: string, flag: string, example: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0 && equals < text.length - 1) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new ConfigError('SEAT_FLAG', `${flag} "${text}" does not name a seat and a value.`, {
    hint: `Write for example ${flag} ${example}.`,
  });
}
