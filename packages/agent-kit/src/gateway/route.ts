import type { IncomingMessage } from 'node:http';
import { type Format, formats } from './formats.ts';

/** Why the gateway itself refuses a request. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What a request asks for. */
export interface Route {
  readonly format: Format;
  /** Below the address of the provider, with its query. */
  readonly path: string;
  /** Whether the model answers this request and the provider bills it. */
  readonly isAnswer: boolean;
}

/** Other parameters choose what an answer contains, such as whether it states its usage. */
const parameters = ['alt', 'beta'];

/** Finds out what a client with the seat's token asks for. @throws Refusal for anything that the gateway does not serve. */
export function routeOf(
  { method, url: address, headers }: IncomingMessage,
  token: string,
  model: string,
): Route {
  const url = new URL(address ?? '/', 'http://gateway');
  const path = url.pathname.replace(/^\/v1(beta)?(?=\/)/, '');
  const format = formats.find(({ answers, counts }) => answers.test(path) || counts?.test(path));
  if (format === undefined || method !== 'POST')
    throw new Refusal(404, `The gateway does not serve ${method} ${url.pathname}.`);
  const tokens = [headers.authorization?.replace(/^Bearer /i, ''), headers['x-api-key']];
  if (![...tokens, headers['x-goog-api-key'], url.searchParams.get('key')].includes(token))
    throw new Refusal(401, 'This is not the token of the seat.');
  const query = new URLSearchParams([...url.searchParams].filter(([name]) => parameters.includes(name)));
  const providerPath = format.name === 'gemini' ? path.replace(/[^/:]+(?=:)/, model) : path;
  return {
    format,
    path: query.size === 0 ? providerPath : `${providerPath}?${query}`,
    isAnswer: format.answers.test(path),
  };
}
