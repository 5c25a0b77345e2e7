import { PassThrough, Writable } from 'node:stream';
import type { Machine, Program } from '../../packages/backend-modal/test/machine.ts';
import { replyTo } from '../orchestration/null-backend.ts';
import { passingResult } from '../passing-result.ts';

/** A machine that knows what core asks of one, and answers immediately. `onRun` is called for each program. */
export function scriptedMachine(onRun: () => void): Machine {
  const staying = new Map<string, () => void>();
  return {
    async run(argv, env) {
      onRun();
      const text = argv.join('\n');
      if (text.includes('kill -STOP -1')) {
        staying.get(argv.at(-1) ?? '')?.();
        return programOf('', true).program;
      }
      if (text.includes('give_up "cannot make')) return evaluation();
      const { output, stays } = replyTo(text);
      const { program, end } = programOf(output, !stays);
      if (stays) staying.set(`COOPERBENCH_EXEC=${env.COOPERBENCH_EXEC}`, () => end(-9));
      return program;
    },
    async end() {
      for (const end of staying.values()) end();
    },
  };
}

/** Reads its input to the end of the files, and passes. */
function evaluation(): Program {
  let input = '';
  const { program, end, print } = programOf('', false, (bytes) => {
    input += bytes;
  });
  program.stdin.on('finish', () => {
    print(passingResult(input));
    end(0);
  });
  return program;
}

function programOf(output: string, ends: boolean, onInput: (bytes: Buffer) => void = () => {}) {
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const stdin = new Writable({
    write(bytes: Buffer, _, done) {
      onInput(bytes);
      done();
    },
  });
  const end = (code: number): void => {
    stdout.end();
    stderr.end();
    resolve(code);
  };
  if (output) stdout.write(output);
  if (ends) end(0);
  // The fake knows these streams as sockets.
  const streams = { stdin: Object.assign(stdin, { destroySoon: () => stdin.end() }), stdout, stderr };
  const program = { ...streams, ended } as unknown as Program;
  return { program, end, print: (text: string) => void stdout.write(text) };
}
