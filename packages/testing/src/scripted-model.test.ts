import { expect, test } from 'vitest';
import { scriptedModel } from './scripted-model.ts';

test('answers come in turn, the last one for ever, and what was asked is kept', async () => {
  await using model = await scriptedModel(
    { toolCalls: [{ name: 'bash', arguments: { command: 'ls' } }] },
    { text: 'Done.' },
  );
  const ask = async (body: object): Promise<unknown> => {
    const response = await fetch(`${model.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return ((await response.json()) as { choices: unknown[] }).choices[0];
  };
  const call = {
    id: 'call-1-1',
    type: 'function',
    function: { name: 'bash', arguments: '{"command":"ls"}' },
  };
  expect(await ask({ messages: ['first'] })).toEqual({
    index: 0,
    finish_reason: 'tool_calls',
    message: { role: 'assistant', content: '', tool_calls: [call] },
  });
  const done = { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Done.' } };
  expect(await ask({ messages: ['second'] })).toEqual(done);
  expect(await ask({ messages: ['third'] })).toEqual(done);
  expect(model.requests).toEqual(['first', 'second', 'third'].map((text) => ({ messages: [text] })));
});

test('other paths are not found, and are not requests for an answer', async () => {
  await using model = await scriptedModel({ text: 'Done.' });
  expect((await fetch(`${model.url}/models`)).status).toBe(404);
  expect(model.requests).toEqual([]);
});
