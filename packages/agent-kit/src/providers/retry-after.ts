/**
 * Returns how long the provider asks to wait: `retry-after-ms`, `Retry-After` (seconds, or an HTTP date), or Google's
 * `retryDelay` in the body. Returns undefined if it does not say.
 */
export function retryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>> = {},
  body: string = '',
  now: number = Date.now(),
): number | undefined {
  const header = String(headers['retry-after'] ?? '').trim() || 'absent';
  const [, delay = ''] = /"retryDelay":\s*"([\d.]+)s"/.exec(body) ?? [];
  const waitValues = [
    Number.parseFloat(String(headers['retry-after-ms'])),
    Number(header) * 1000,
    Date.parse(header) - now,
    Number.parseFloat(delay) * 1000,
  ];
  const wait = waitValues.find((ms) => !Number.isNaN(ms));
  return wait === undefined ? undefined : Math.max(0, wait);
}
