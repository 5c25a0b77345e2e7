import { frameworkContract, frameworkSubject } from '@cooperbench/testing/frameworks';
import { test } from 'vitest';
import { fakeClaude } from '../claude-code/fake-claude.test.support.ts';
import { bash, claudeCodeMember } from '../claude-code/subject.test.support.ts';
import { programFolder } from '../fake-program.test.support.ts';
import { createConfiguredCli } from './agent.ts';

const folder = programFolder();

const line = (text: string): object => ({
  type: 'user',
  message: { role: 'user', content: [{ type: 'text', text }] },
});

// A program that speaks as Claude Code does, described by options alone.
const subject = frameworkSubject({
  agent: (env) =>
    createConfiguredCli(
      {
        name: 'claude',
        api: 'anthropic',
        command: [fakeClaude(folder), '-p', '--model', '{model}', '--append-system-prompt', '{instructions}'],
        env: {
          ANTHROPIC_BASE_URL: '{model_url}',
          ANTHROPIC_API_KEY: '{token}',
          CLAUDE_CODE_MAX_RETRIES: 2,
        },
        input: line('{task}'),
        message: line('{text}'),
        events: [
          {
            when: { type: 'assistant', 'item.type': 'text' },
            each: 'message.content',
            say: 'item.text',
          },
          {
            when: { type: 'assistant', 'item.type': 'tool_use' },
            each: 'message.content',
            call: { id: 'item.id', name: 'item.name', arguments: 'item.input' },
          },
          {
            when: { type: 'user', 'item.type': 'tool_result' },
            each: 'message.content',
            result: 'item.content.0.text',
            resultId: 'item.tool_use_id',
          },
          { when: { type: 'result', is_error: true }, failed: 'result' },
          { when: { type: 'result' }, finished: true },
        ],
      },
      env,
    ),
  model: claudeCodeMember.model,
  shell: bash,
  crash: bash('kill -9 $PPID'),
});

test.for(frameworkContract)('$name', (agentCase) => agentCase.check(subject));
