import { existsSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { createScratch, sampleDataset, unisolated } from './cli.test.support.ts';
import { runInProcess as cooperbench } from './in-process.test.support.ts';

const scratch = createScratch(afterAll);
const providers =
  'openai, anthropic, gemini, vertex_ai, openrouter, together_ai, fireworks_ai, groq, deepseek, mistral, xai, ollama, ollama_chat, hosted_vllm, litellm_proxy';
const durations = 'Write a number with its unit, for example 45s, 30m, 1h or 1h30m; at most 24 days.';
const more = 'See more with --help.';

// biome-ignore format: a table
/** Arguments, and all that is said. `run` means: with oracle on the sample dataset and the local backend. */
const refusals: readonly (readonly [args: string, stderr: string])[] = [
  ['rn', 'There is no command "rn".\nDid you mean "run"?'],
  ['frobnicate', 'There is no command "frobnicate".\nList all commands: cooperbench help.'],
  ['run --agnt x', `Nonexistent flag: --agnt\nDid you mean --agent?\n${more}`],
  ['run extra', 'There is no command "run extra".\nThe name of a run follows -n: cooperbench run -n extra.'],
  ['run -n', `Flag --name expects a value\n${more}`],
  ['run -n ../x', '"../x" cannot be the name of a run.\nUse letters, digits, dots, dashes and underscores; begin with a letter or digit.'],
  ['run -a oracl', 'There is no agent "oracl".\nDid you mean "oracle"?'],
  ['run --backend locl', 'There is no backend "locl".\nDid you mean "local"?'],
  ['run -a mini_swe_agent -m opnai/gpt-4o', 'The model "opnai/gpt-4o" does not name a known provider and a model.\nDid you mean "openai"?'],
  ['run -a mini_swe_agent -m nonsense', `No provider is known for the model "nonsense".\nWrite it as PROVIDER/MODEL, with one of: ${providers}.`],
  ['run -a mini_swe_agent -m gpt-4o', 'The model "gpt-4o" needs a key, and none is set.\nSet OPENAI_API_KEY in the environment or in .env.'],
  ['run -s smok', `There is no subset "smok" in ${sampleDataset}/subsets.\nDid you mean "smoke"?`],
  ['run -r text_tabel_task', 'The dataset has no repository "text_tabel_task".\nDid you mean "text_table_task"?'],
  ['run -t 15', 'The dataset has no task 15.\nDid you mean 14? Known: 8, 14, 27.'],
  ['run -r recur_task -t 9', 'recur_task has no task 9.\nDid you mean 8? Known: 8.'],
  ['run -f 1,9', 'No selected task has a feature 9.\nDid you mean 5? Known: 1, 2, 3, 4, 5.'],
  ['run -f 1', '--features "1" is not a list of two or more feature ids.\nFor example: --features 1,2.'],
  ['run -f 1,1', 'Features 1,1: a trial takes two or more different features.\nFor example --features 1,2.'],
  ['run -s smoke -r recur_task -f 1,3', 'No feature pair matches subset smoke, repo recur_task, features 1,3.\nRun cooperbench list tasks to see all tasks.'],
  ['run -t x', '--task: "x" is not a whole number of 0 or more.\nWrite it in digits, without a unit.'],
  ['run -c 0', '--concurrency: "0" is not a whole number from 1 to 1000.\nWrite it in digits, without a unit.'],
  ['run -c 99999999999999999999', '--concurrency: "99999999999999999999" is not a whole number from 1 to 1000.\nWrite it in digits, without a unit.'],
  ['run --timeout soon', `--timeout: "soon" is not a duration.\n${durations}`],
  ['run --timeout 5', `--timeout: "5" is not a duration.\n${durations}`],
  ['run --max-cost lots', '--max-cost: "lots" is not an amount in US dollars of 0 or more.\nWrite it in digits, without a unit.'],
  ['run --max-cost 0x10', '--max-cost: "0x10" is not an amount in US dollars of 0 or more.\nWrite it in digits, without a unit.'],
  ['run --fail-under -1', '--fail-under: "-1" is not a percentage from 0 to 100.\nWrite it in digits, without a unit.'],
  ['run --fail-under 100.01', '--fail-under: "100.01" is not a percentage from 0 to 100.\nWrite it in digits, without a unit.'],
  ['run --fail-under 50 --no-auto-eval', '--fail-under needs an evaluation, which --no-auto-eval leaves out.\nRemove one of them, or give --fail-under to cooperbench eval.'],
  ['run --bus memory --redis redis://h', '--redis asks for Redis, but --bus for the bus "memory".\nRemove --redis or --bus.'],
  ["run --redis ''", '--redis: "" is empty.\nGive it a value, or leave it out.'],
  ["run --log-dir ''", '--log-dir: "" is empty.\nGive it a value, or leave it out.'],
  ["run --dataset-dir ''", '--dataset-dir: "" is empty.\nGive it a value, or leave it out.'],
  ['run --seat agent2', '--seat "agent2" does not name a seat and a value.\nFor example: --seat agent2=openhands:gpt-5.'],
  ['run --seat agent3=nop', 'No trial has a seat "agent3".\nDid you mean "agent1"?'],
  ['run --seat agent2=oracl', 'There is no agent "oracl".\nDid you mean "oracle"?'],
  ['run --seat-backend agent2=locall', 'There is no backend "locall".\nDid you mean "local"?'],
  ['run --setting col', 'There is no setting "col".\nDid you mean "coop"?'],
  ['run --channels git,', '--channels: "git," has an empty name.\nWrite names with commas between them, for example messages,git.'],
  ['run --channels messages --git', 'The channel "git" is turned on, but the list of channels is: messages.\nUse either --channels, or --git and --no-messaging.'],
  ['run --channels messages,git --no-messaging', 'The channel "messages" is turned off, but the list of channels is: messages, git.\nUse either --channels, or --git and --no-messaging.'],
  ['run --bus memry', 'There is no bus "memry".\nDid you mean "memory"?'],
  ['run --redis redis://127.0.0.1:1', 'Redis cannot be reached at redis://127.0.0.1:1/0: ECONNREFUSED\nStart it, correct --redis or REDIS_URL, or leave them out: messages then go through memory.'],
  ['run --merge-policy strickt', 'There is no merge policy "strickt".\nDid you mean "strict"?'],
  ['run --evaluator test', 'There is no evaluator "test".\nDid you mean "tests"?'],
  ['run --reporter jsn', 'There is no reporter "jsn".\nDid you mean "json"?'],
  ['run --agent-config none.yaml', `The agent configuration ${scratch.root}/none.yaml cannot be read: ENOENT: no such file or directory, open '${scratch.root}/none.yaml'\nCheck --agent-config.`],
  ['eval', `The following error occurred:\n  Missing required flag name\n${more}`],
  ['eval none', 'There is no command "eval none".\nThe name of a run follows -n: cooperbench eval -n none.'],
  ['plugins list', 'There is no command "plugins list".\nDid you mean "plugins"?'],
  ['eval -n none', `There is no run "none" in ${scratch.logs}.\nIt holds no runs. Name another directory with --log-dir.`],
  ['list', `Missing 1 required arg:\nwhat  (agents|backends|settings|channels|buses|evaluators|merge-policies|networks|reporters|tasks|subsets|runs)\n      What to list.\n${more}`],
  ['list task', `Expected task to be one of: agents, backends, settings, channels, buses, evaluators, merge-policies, networks, reporters, tasks, subsets, runs\n${more}`],
];

function argvOf(words: string): string[] {
  const [command = '', ...rest] = words
    .split(' ')
    .filter(Boolean)
    .map((word) => (word === "''" ? '' : word));
  const given = (flag: string): boolean => rest.includes(flag);
  const common =
    command === 'run' || command === 'eval'
      ? Object.entries({ '--dataset-dir': sampleDataset, '--log-dir': scratch.logs }).flatMap((pair) =>
          given(pair[0]) ? [] : pair,
        )
      : [];
  const run =
    command === 'run'
      ? [...(given('-a') ? [] : ['-a', 'oracle']), ...(given('--backend') ? [] : ['--backend', 'local'])]
      : [];
  return [command, ...rest, ...common, ...run];
}

/** The machine decides which they are. */
const readyBackends =
  /(Ready on this machine: (docker|local|docker, local)|No installed backend is ready on this machine. Run cooperbench doctor to see why)\.\n$/;

describe('a command that cannot be done as asked exits 2, says why, and does nothing', () => {
  test.concurrent.for(refusals)('%s', async ([words, stderr], { expect }) => {
    const ending = await cooperbench(scratch, argvOf(words));
    const output = ending.stderr.replace(readyBackends, 'READY\n');
    expect({ ...ending, stderr: output }).toEqual({
      ...{ code: 2, signal: null, stdout: stderr.startsWith('Redis') ? unisolated : '' },
      stderr: `Error: ${stderr}\n`,
    });
    expect(existsSync(scratch.logs)).toBe(false);
  });

  test('without a backend that is ready, what each lacks is said', async () => {
    const ending = await cooperbench(scratch, ['run', '-m', 'gpt-4o', '--dataset-dir', sampleDataset]);
    expect(ending.stderr).toMatch(
      /^Error: No backend is named, and none is ready\.\nmodal: no token is configured; .*\ndocker: No Docker daemon answers at unix:\/\/\/nowhere\/docker\.sock .*\nlocal: .*\nMake one of them ready, or name another with --backend\.\n$/,
    );
    expect(ending.code).toBe(2);
  });

  test('with --json, what went wrong is one object on standard output', async () => {
    const ending = await cooperbench(scratch, [...argvOf('run -s smok'), '--json']);
    expect(ending).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(ending.stdout)).toEqual({
      error: {
        code: 'UNKNOWN_SUBSET',
        message: `There is no subset "smok" in ${sampleDataset}/subsets.\nDid you mean "smoke"?`,
      },
    });
  });

  test('with DEBUG=1, the place where it was found is shown below', async () => {
    const { stderr, code } = await cooperbench(scratch, argvOf('run -s smok'), { env: { DEBUG: '1' } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/Did you mean "smoke"\?\n[\s\S]*\n {4}at .*subset\.[jt]s:\d+/);
  });
});
