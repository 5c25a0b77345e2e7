import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type McpTool, serveMcp, type ToolResult } from './mcp-server.ts';

const tools: readonly McpTool[] = [{ name: 'echo', description: 'Echo', inputSchema: { type: 'object' } }];

/** Serves these lines. Resolves with the answers, in order. */
async function answersTo(
  sent: readonly (string | object)[],
  call: (givenValue: object, signal: AbortSignal) => Promise<ToolResult> = async (given) => ({
    text: JSON.stringify(given),
  }),
): Promise<Record<string, unknown>[]> {
  const written: string[] = [];
  const input = async function* () {
    for (const line of sent) {
      yield Buffer.from(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
      await delay(1);
    }
  };
  const { signal } = new AbortController();
  await serveMcp(input(), async (line) => void written.push(line), {
    ...{ name: 'test', tools, signal },
    call: (_name, given, stop) => call(given, stop),
  });
  return written.map((line) => {
    expect(line.endsWith('\n')).toBe(true);
    return JSON.parse(line);
  });
}

const request = (id: unknown, method: string, params?: object): object => ({
  ...{ jsonrpc: '2.0', id, method },
  ...(params && { params }),
});
const echo = (id: unknown): object => request(id, 'tools/call', { name: 'echo', arguments: { id } });

test('a client that knows another version gets the newest', async () => {
  for (const [asked, answered] of [
    ['2025-03-26', '2025-03-26'],
    ['2099-01-01', '2025-11-25'],
  ])
    expect(await answersTo([request(1, 'initialize', { protocolVersion: asked })])).toMatchObject([
      { id: 1, result: { protocolVersion: answered, capabilities: { tools: {} } } },
    ]);
});

test('whatever a client writes, it gets one answer to each request', async () => {
  const answers = await answersTo([
    ...['no json', '[]', '1', 'null', '"x"', '', '{}'],
    ...['{"id":1}', '{"id":{},"method":"ping"}', '{"method":"ping"}', '{"id":2,"method":7}'],
    ...['{"id":3,"method":"ping","params":[]}', '{"id":4,"result":{}}'],
    request(5, 'ping'),
    request('six', 'nonsense'),
    request(7, 'tools/call'),
    request(8, 'tools/call', { name: 'echo', arguments: [] }),
    request(9, 'tools/call', { name: 'echo' }),
    `{"id":10,"method":"ping","params":{"x":"${'x'.repeat(3_000_000)}"}}`,
  ]);
  const brief = answers.map(({ id, result, error }) => [
    id,
    error ? (error as { code: number }).code : result,
  ]);
  expect(brief).toEqual([
    ...[
      [null, -32700],
      [null, -32600],
      [null, -32600],
      [null, -32600],
      [null, -32600],
    ],
    ...[
      [2, -32600],
      [3, -32600],
      [5, {}],
      ['six', -32601],
      [7, -32602],
      [8, -32602],
    ],
    [9, { content: [{ type: 'text', text: '{}' }], isError: false }],
    [null, -32700],
  ]);
  const { error } = answers.at(-1) ?? {};
  expect(error).toMatchObject({ message: 'a message has fewer than 2097152 characters' });
});

test('calls run at the same time, at most 32 of them, and end with the client', async () => {
  let running = 0;
  let most = 0;
  const shownLines: boolean[] = [];
  const answers = await answersTo(
    [...Array.from({ length: 40 }, (_, id) => echo(id)), echo(1)],
    async (_, signal) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      running -= 1;
      return { text: '', settled: (isShown) => shownLines.push(isShown) };
    },
  );
  expect([most, running]).toEqual([32, 0]);
  expect(shownLines).toEqual(Array(32).fill(false));
  expect(answers).toHaveLength(9);
  expect(answers[0]).toMatchObject({ id: 32, error: { code: -32602 } });
});

test('calls that wait have short ids, and take at most 4 Mi characters together', async () => {
  const large = (id: unknown): object =>
    request(id, 'tools/call', { name: 'echo', arguments: { text: 'x'.repeat(1_500_000) } });
  const answers = await answersTo(
    [echo('i'.repeat(201)), ...[1, 2, 3].map(large)],
    (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ text: '' }))),
  );
  expect(answers).toMatchObject([
    { id: null, error: { code: -32600 } },
    { id: 3, error: { code: -32602 } },
  ]);
});
