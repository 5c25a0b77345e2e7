import { expect, test } from 'vitest';
import type { TrajectoryEntry } from '../trials/trajectory.ts';
import { type AtifSource, buildAtif } from './atif.ts';

const source: Omit<AtifSource, 'messages'> = {
  ...{ run: 'x', trial: 'coop/shell_task/1/f1_f2', seat: 'agent1' },
  result: { run_id: '1a2b3c4d', versions: { '@cooperbench/core': '1.2.3' }, features: [1, 2] },
  seatResult: {
    ...{ agent_framework: 'claude_code', model: 'claude-sonnet-4-5', status: 'Completed', steps: 2 },
    ...{ cost: 0.03, cost_known: true, input_tokens: 200, output_tokens: 20, cache_read_tokens: 5 },
    ...{ cache_write_tokens: 0, file_stem: 'agent1', patch_lines: 1, patch_bytes: 1, patch_sha256: '' },
    ...{ error: null, feature_id: 1 },
  },
};
const call = (id: string, command: unknown): object => ({ id, name: 'Bash', arguments: command });

test('an answer is one step, with the results of its calls in their order, and a sub-agent is embedded', () => {
  const messages: TrajectoryEntry[] = [
    { role: 'system', content: 'You are agent1.', timestamp: 1 },
    { role: 'user', content: 'Do it.', timestamp: 2 },
    ...[
      { reasoning_content: 'Two things.', input_tokens: 100, output_tokens: 10, cost: 0.01 },
      { content: 'I look and delegate.' },
      { tool_calls: [call('a', { command: 'ls' })] },
      { tool_calls: [call('b', '{"prompt":"Look."}'), call('c', 'not JSON')] },
    ].map((part) => ({ role: 'assistant', content: '', timestamp: 3, response_id: 'm1', ...part })),
    { role: 'assistant', content: 'Looking.', timestamp: 4, subagent: 'b' },
    { role: 'tool', content: 'found it', timestamp: 5, tool_call_id: 'b' },
    { role: 'assistant', content: '', timestamp: 5.5, response_id: 'm1', tool_calls: [call('d', {})] },
    { role: 'tool', content: 'lib.txt', timestamp: 6, tool_call_id: 'a' },
    { role: 'assistant', content: 'Done.', timestamp: 7, response_id: 'm2' },
  ];
  const completeResult = {
    schema_version: 'ATIF-v1.7',
    agent: { name: 'claude_code', version: '1.2.3', model_name: 'claude-sonnet-4-5' },
  };
  expect(buildAtif({ ...source, messages })).toEqual({
    ...completeResult,
    session_id: '1a2b3c4d',
    trajectory_id: 'x/coop/shell_task/1/f1_f2/agent1',
    steps: [
      { step_id: 1, source: 'system', message: 'You are agent1.', timestamp: '1970-01-01T00:00:01.000Z' },
      { step_id: 2, source: 'user', message: 'Do it.', timestamp: '1970-01-01T00:00:02.000Z' },
      {
        step_id: 3,
        source: 'agent',
        message: 'I look and delegate.',
        timestamp: '1970-01-01T00:00:03.000Z',
        reasoning_content: 'Two things.',
        tool_calls: [
          { tool_call_id: 'a', function_name: 'Bash', arguments: { command: 'ls' } },
          { tool_call_id: 'b', function_name: 'Bash', arguments: { prompt: 'Look.' } },
          { tool_call_id: 'c', function_name: 'Bash', arguments: { input: 'not JSON' } },
          { tool_call_id: 'd', function_name: 'Bash', arguments: {} },
        ],
        observation: {
          results: [
            { source_call_id: 'a', content: 'lib.txt' },
            { source_call_id: 'b', content: 'found it', subagent_trajectory_ref: [{ trajectory_id: 'b' }] },
          ],
        },
        metrics: { prompt_tokens: 100, completion_tokens: 10, cost_usd: 0.01 },
      },
      { step_id: 4, source: 'agent', message: 'Done.', timestamp: '1970-01-01T00:00:07.000Z' },
    ],
    final_metrics: {
      ...{ total_prompt_tokens: 200, total_completion_tokens: 20, total_cached_tokens: 5 },
      ...{ total_cost_usd: 0.03, total_steps: 4 },
    },
    subagent_trajectories: [
      {
        ...completeResult,
        trajectory_id: 'b',
        steps: [{ step_id: 1, source: 'agent', message: 'Looking.', timestamp: '1970-01-01T00:00:04.000Z' }],
      },
    ],
    extra: { ...{ run: 'x', trial: source.trial, seat: 'agent1' }, status: 'Completed', features: [1, 2] },
  });
});

test('files of other tools may lack anything', () => {
  const messages: TrajectoryEntry[] = [
    { role: 'tool', content: null },
    { role: 'assistant', tool_calls: [{ function: { name: 'bash', arguments: '{"command":"ls"}' } }] },
    { role: 'tool', content: 'lib.txt', tool_call_id: 'unknown' },
  ];
  const { result: _, seatResult: __, ...bare } = source;
  expect(buildAtif({ ...bare, messages })?.steps).toEqual([
    { step_id: 1, source: 'system', message: '' },
    {
      ...{ step_id: 2, source: 'agent', message: '' },
      tool_calls: [{ tool_call_id: 'call_2_0', function_name: 'bash', arguments: { command: 'ls' } }],
      observation: { results: [{ content: 'lib.txt' }] },
    },
  ]);
  expect(buildAtif({ ...bare, messages: [] })).toBeUndefined();
});
