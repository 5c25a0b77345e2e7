import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Sent with every answer. Texts of agents are data for the page, which cannot turn them into code or markup. */
export const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** Finds why a request is refused. Returns undefined if it comes from the user's own page or address bar. */
export function findRefusal({
  method,
  headers: sent,
}: IncomingMessage): { status: number; text: string } | undefined {
  const isWriting = method === 'POST';
  if (!isWriting && method !== 'GET' && method !== 'HEAD')
    return { status: 405, text: 'The viewer answers GET, HEAD and POST.' };
  // A page of somebody else whose name leads to this machine still sends its own name.
  const host = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/.test(sent.host ?? '');
  if (!host) return { status: 403, text: 'The viewer answers only to 127.0.0.1 and localhost.' };
  // Browsers send the origin with every POST.
  if ((isWriting || sent.origin !== undefined) && sent.origin !== `http://${sent.host}`)
    return { status: 403, text: 'The viewer answers no other page.' };
  const site = sent['sec-fetch-site'];
  // A form of another page cannot send JSON.
  if (isWriting && (site ?? 'same-origin') !== 'same-origin')
    return { status: 403, text: 'The viewer takes notes from its own page alone.' };
  if (isWriting && sent['content-type'] !== 'application/json')
    return { status: 415, text: 'The viewer takes notes as application/json.' };
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, text: 'The viewer answers no other page. Copy its address into a new tab.' };
  return undefined;
}

/** Finds the path behind `/TOKEN/`. Returns undefined if the token is not this one. */
export function findPathBehind(token: string, url: string): string | undefined {
  const [, givenToken = '', path] = /^\/([^/?#]*)\/(.*)$/s.exec(url) ?? [];
  const [left, right] = [Buffer.from(givenToken), Buffer.from(token)];
  return left.length === right.length && timingSafeEqual(left, right) ? path : undefined;
}
