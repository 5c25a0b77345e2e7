import { expect, test } from 'vitest';
import { toModelError } from './model-error.ts';

test.for([
  [401, '{"error":{"message":"no"}}', 'gpt-4o', 'AGENT_AUTHENTICATION', 'run'],
  [400, '{"error":{"message":"Your credit balance is too low"}}', 'claude-sonnet-4-5', 'AGENT_QUOTA', 'run'],
  [404, '{"error":{"message":"no such model"}}', 'gpt-4o', 'AGENT_MODEL', 'run'],
  [429, '{"error":{"message":"slow down"}}', 'gpt-4o', 'AGENT_MODEL_UNAVAILABLE', 'seat'],
  [503, 'busy', 'hosted_vllm/mine', 'AGENT_MODEL_UNAVAILABLE', 'seat'],
] as const)(
  'an answer with the status %s and the body %s is an error of its own',
  ([status, body, model, code, scope]) => {
    const error = toModelError(status, body, model, {});
    expect(error).toMatchObject({ code, scope });
    expect(error?.message).toContain(`(HTTP ${status})`);
  },
);

test('a request that is too long is the doing of the agent', () => {
  expect(toModelError(400, '{"error":{"code":"context_length_exceeded"}}', 'gpt-4o', {})).toBeUndefined();
});
