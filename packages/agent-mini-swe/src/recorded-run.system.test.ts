import { fakeSeat, hostSandbox } from '@cooperbench/testing';
import { scriptedProvider } from '@cooperbench/testing/frameworks';
import { expect, test } from 'vitest';
import { createMiniSweAgent } from './agent.ts';
import recorded from './recorded-run.test.support.json' with { type: 'json' };

// The recorded commands call sed.
interface Seen {
  readonly returncode: number;
  readonly output?: string;
  readonly output_head?: string;
  readonly output_tail?: string;
  readonly elided_chars?: number;
}

/** Returns what the model saw of a command, in the words of the recording. */
function seenIn(observation: string): Seen {
  const [, code, output = ''] =
    /^exit code: (\d+)\n(?:output:\n|\(no output\))(.*)$/s.exec(observation) ?? [];
  const returncode = Number(code);
  const cut = /^(.*)\n\[… (\d+) bytes left out;[^\n]*\]\n(.*)$/s.exec(output);
  if (!cut) return { returncode, output };
  const [, output_head = '', elided, output_tail = ''] = cut;
  return { returncode, output_head, output_tail, elided_chars: Number(elided) };
}

// A run of the original, recorded: its answers, given to this loop, have to lead to the same.
test.for(['gpt-4o', 'claude-sonnet-4-5'])(
  'a run that mini-SWE-agent recorded has the same actions, observations and patch here, with %s',
  async (model) => {
    await using provider = await scriptedProvider(
      recorded.turns.map(({ say, run }) => ({
        text: say,
        toolCalls: run.map((command) => ({ name: 'bash', arguments: { command } })),
      })),
    );
    await using workspace = await hostSandbox(recorded.files);
    const { context, messages, steps } = fakeSeat(workspace, { model, baseUrl: provider.url });
    const result = await createMiniSweAgent({ env: { COOPERBENCH_API_KEY: 'k' } }).run('Add peek.', context);
    expect(result).toMatchObject({ status: 'Completed' });
    expect(result.patch?.toString()).toBe(recorded.patch);
    expect(steps()).toBe(recorded.turns.length);
    const replayed: { say: string; run: unknown[]; seen: Seen[] }[] = [];
    for (const { role, content, tool_calls = [] } of messages()) {
      if (role === 'assistant')
        replayed.push({
          say: content,
          run: tool_calls.map(({ arguments: givenValue }) => (givenValue as { command: string }).command),
          seen: [],
        });
      if (role === 'tool') replayed.at(-1)?.seen.push(seenIn(content));
    }
    const last = replayed.at(-1);
    // The recording has no observation of the turn that submits.
    expect(last?.seen).toHaveLength(1);
    expect(replayed.map((turn) => (turn === last ? { ...turn, seen: [] } : turn))).toEqual(recorded.turns);
  },
);
