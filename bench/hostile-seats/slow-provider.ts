import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** A provider that reads a request and answers after five seconds. Prints its address, and ends with its standard input. */
const responseBody = JSON.stringify({
  ...{ id: 'msg', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' },
  content: [{ type: 'text', text: 'Done.' }],
  usage: { input_tokens: 1, output_tokens: 1 },
});
const server = createServer(async (request, response) => {
  for await (const _ of request);
  await delay(5000);
  response.writeHead(200, { 'content-type': 'application/json' }).end(responseBody);
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  console.log(`http://127.0.0.1:${port}`);
});
process.stdin.resume().on('end', () => process.exit());
