import { PassThrough, Writable } from 'node:stream';
import type { Machine, Program } from '../../test-support/modal/machine.ts';
import { replyTo } from '../orchestration/null-backend.ts';
import { formatPassingResult, passingTests } from '../passing-result.ts';

/** Creates a machine that knows what core asks of one, and answers immediately. `onRun` is called for each program. */
export function createScriptedMachine(onRun: () => void): Machine {
  const staying = new Map<string, () => void>();
  return {
    async run(argv, env) {
      onRun();
      const text = argv.join('\n');
      if (text.includes('kill -STOP -1')) {
        staying.get(argv.at(-1) ?? '')?.();
        return buildProgram('', true).program;
      }
      if (text.includes('give_up "cannot make')) return buildEvaluation();
      // A step of an evaluation: the tests of a feature.
      if (/^\d+$/.test(argv.at(-1) ?? '')) return buildProgram(passingTests, true).program;
      const { output, stays } = replyTo(text);
      const { program, end } = buildProgram(output, !stays);
      if (stays) staying.set(`COOPERBENCH_EXEC=${env.COOPERBENCH_EXEC}`, () => end(-9));
      return program;
    },
    async end() {
      for (const end of staying.values()) end();
    },
  };
}

/**
 * Reads its input to the end of the files, and merges. Then it becomes a step, whose name follows and which begins with the mark on
 * standard error, or ends with its input.
 */
function buildEvaluation(): Program {
  let input = Buffer.alloc(0);
  let hasMerged = false;
  const { program, end, print, complain } = buildProgram('', false, (bytes) => {
    if (hasMerged) {
      complain(input.subarray(0, input.indexOf('\n') + 1).toString());
      print(passingTests);
      return end(0);
    }
    input = Buffer.concat([input, bytes]);
    hasMerged = isWhole(input);
    if (hasMerged) print(formatPassingResult(input.toString()));
  });
  program.stdin.on('finish', () => end(0));
  return program;
}

/** Returns whether there are the mark, the script of short files, all other files, and the empty line after them. */
function isWhole(input: Buffer): boolean {
  let nextIndex = 0;
  const findNextLine = (): string | undefined => {
    const to = input.indexOf('\n', nextIndex);
    if (to < 0) return undefined;
    const line = input.subarray(nextIndex, to).toString();
    nextIndex = to + 1;
    return line;
  };
  const mark = findNextLine();
  const length = findNextLine();
  if (mark === undefined || length === undefined) return false;
  nextIndex += Number(length);
  for (let line = findNextLine(); line !== ''; line = findNextLine()) {
    if (line === undefined || nextIndex > input.length) return false;
    nextIndex += Number(line.split(' ')[1]);
  }
  return true;
}

function buildProgram(output: string, doesEnd: boolean, onInput: (bytes: Buffer) => void = () => {}) {
  const { promise: exit, resolve } = Promise.withResolvers<number>();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = new Writable({
    write(bytes: Buffer, _, callback) {
      onInput(bytes);
      callback();
    },
  });
  const end = (code: number): void => {
    stdout.end();
    stderr.end();
    resolve(code);
  };
  if (output) stdout.write(output);
  if (doesEnd) end(0);
  // The fake knows these streams as sockets.
  const streams = { stdin: Object.assign(stdin, { destroySoon: () => stdin.end() }), stdout, stderr };
  const program = { ...streams, ended: exit } as unknown as Program;
  const print = (text: string): void => void stdout.write(text);
  return { program, end, print, complain: (text: string) => void stderr.write(text) };
}
