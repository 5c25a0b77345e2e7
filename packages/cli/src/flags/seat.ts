import { ConfigError } from '@cooperbench/core/errors';

export type SeatOverrides = Readonly<
  Record<string, { readonly agent?: string; readonly model?: string; readonly backend?: string }>
>;

/**
 * `SEAT=[AGENT][:MODEL]`, split at the first colon, and `SEAT=BACKEND`. Later ones win, and all of them over what is
 * configured.
 * @throws ConfigError `SEAT_FLAG`.
 */
export function seatOverrides(
  seats: readonly string[] = [],
  backends: readonly string[] = [],
  configured: SeatOverrides = {},
): SeatOverrides | undefined {
  const overrides: Record<string, { agent?: string; model?: string; backend?: string }> = { ...configured };
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
  throw new ConfigError('SEAT_FLAG', `${flag} "${text}" names no seat and value.`, {
    hint: `Write for example ${flag} ${example}.`,
  });
}
