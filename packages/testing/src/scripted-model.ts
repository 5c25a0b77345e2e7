import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** The answer of the model to one request: text and tool calls. */
export interface ScriptedAnswer {
  readonly text?: string;
  readonly toolCalls?: readonly {
    readonly name: string;
    readonly arguments: Readonly<Record<string, unknown>>;
  }[];
}

export interface ScriptedModel extends AsyncDisposable {
  /** For `AgentContext.baseUrl`. */
  readonly url: string;
  /** The bodies of the requests for answers, in order. */
  readonly requests: readonly unknown[];
}

/**
 * Returns a model on loopback that speaks OpenAI's chat completions, without streams. It returns these answers in turn and
 * then repeats the last one. Each answer uses 100 tokens of input and 10 of output.
 */
export async function scriptedModel(...scriptedAnswers: readonly ScriptedAnswer[]): Promise<ScriptedModel> {
  const requests: unknown[] = [];
  const server = createServer(async (request, response) => {
    const body = await json(request).catch(() => undefined);
    const isKnownRoute = request.method === 'POST' && request.url === '/v1/chat/completions';
    if (isKnownRoute) requests.push(body);
    const scriptedAnswer = scriptedAnswers[requests.length - 1] ?? scriptedAnswers.at(-1) ?? {};
    response.writeHead(isKnownRoute ? 200 : 404, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        isKnownRoute
          ? buildCompletion(scriptedAnswer, requests.length)
          : { error: { message: 'no such path' } },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function buildCompletion({ text = '', toolCalls = [] }: ScriptedAnswer, call: number): object {
  const tool_calls = toolCalls.map(({ name, arguments: args }, index) => ({
    id: `call-${call}-${index + 1}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
  return {
    id: `answer-${call}`,
    object: 'chat.completion',
    created: 0,
    model: 'scripted',
    choices: [
      {
        index: 0,
        finish_reason: tool_calls.length > 0 ? 'tool_calls' : 'stop',
        message: { role: 'assistant', content: text, ...(tool_calls.length > 0 && { tool_calls }) },
      },
    ],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  };
}
