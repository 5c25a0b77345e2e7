import { createHash, randomUUID } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import type { Job, JobResult, StepReport } from '@cooperbench/core';
import { type JobOutput, jobInput, readContent, readJobOutput } from '@cooperbench/core';

/** A task in a batch's manifest. */
export interface BatchTask {
  /** A hash of all that decides the result. */
  readonly key: string;
  /** The beginning of the program's own lines. */
  readonly mark: string;
}

type Waiting = Pick<Job, 'id' | 'outputs'>;

/** The tasks of one image, some of which have no result yet. */
export class Batch {
  readonly session: string;
  readonly name: string;
  readonly tasks: BatchTask[];
  /** Jobs without a result, by the index of their task. */
  readonly waiting: Map<number, Waiting> = new Map();
  parallelism: number;
  timeoutMs = 0;
  progress: string | undefined;
  changedAt: number = performance.now();
  refusedAt: number | undefined;

  constructor(session: string, name: string, tasks: BatchTask[] = [], parallelism = 0) {
    this.session = session;
    this.name = name;
    this.tasks = tasks;
    this.parallelism = parallelism;
  }

  add(job: Job, key: string): { readonly index: number; readonly input: Buffer } {
    const mark = randomUUID();
    return { index: this.tasks.push({ key, mark }) - 1, input: buildInput(job, mark) };
  }

  expect(index: number, { id, outputs, timeoutMs, steps = [] }: Job): void {
    this.waiting.set(index, { id, outputs });
    const stepsMs = steps.reduce((sum, step) => sum + step.timeoutMs, 0);
    this.timeoutMs = Math.max(this.timeoutMs, timeoutMs + stepsMs);
  }

  object(index: number, kind: 'input' | 'result'): string {
    return `${this.name}-${index}.${kind}`;
  }
  /** Reads what a task wrote as its result. */
  async result(index: number, bytes: Buffer): Promise<JobResult> {
    const { id, outputs } = this.waiting.get(index) as Waiting;
    const [[code = '', size = '', stderr = ''], rest] = readHeader(bytes);
    const output: JobOutput = { markedLines: [], outputFiles: new Map() };
    const stdout = ReadableStream.from([rest.subarray(0, Number(size))]);
    const isComplete = await readJobOutput(stdout, this.tasks[index]?.mark ?? '', outputs, output);
    this.waiting.delete(index);
    const errorText = decode(stderr).trim();
    const endedEarly = {
      exitCode: Number(code),
      stderr: errorText || (code === '124' ? 'it took too long' : ''),
    };
    return { id, ...output, ...(isComplete ? readSteps(rest.subarray(Number(size))) : { endedEarly }) };
  }
}

/** Reads the words of the first line. */
function readHeader(bytes: Buffer): [words: string[], rest: Buffer] {
  const end = bytes.indexOf('\n');
  return [bytes.subarray(0, end).toString().split(' '), bytes.subarray(end + 1)];
}

/** Reads what a task wrote about its steps, as `taskScript` describes it. */
function readSteps(bytes: Buffer): { steps?: Map<string, StepReport>; lost?: string } {
  const steps = new Map<string, StepReport>();
  for (let left = bytes; left.length > 0; ) {
    const [[name = '', exitCode, seconds, endMark, size, stderr = ''], rest] = readHeader(left);
    if (name === 'lost') return { steps, lost: 'The container ended.' };
    const endedFor = endMark === 'time' || endMark === 'output' ? endMark : undefined;
    steps.set(name, {
      exitCode: endedFor ? 124 : Number(exitCode),
      output: rest.subarray(0, Number(size)),
      stderr: decode(stderr).trim(),
      seconds: Number(seconds),
      ...(endedFor && { endedFor }),
    });
    left = rest.subarray(Number(size));
  }
  return steps.size > 0 ? { steps } : {};
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

/** Returns a hash of all that decides a job's result. */
export function getKey({ spec, program, files, outputs, timeoutMs, stepProgram, steps }: Job): string {
  const { image, network, cpus, memoryMiB } = spec;
  const parts = [image, network, cpus, memoryMiB, program, [...outputs], timeoutMs, stepProgram, steps];
  const hash = createHash('sha256').update(JSON.stringify(parts));
  for (const [name, content] of files) {
    hash.update(`\n${name} ${content.length}\n`);
    for (const piece of readContent(content)) hash.update(piece);
  }
  return hash.digest('hex');
}

function buildInput(
  { outputs, timeoutMs, files, randomFiles = new Map(), steps = [] }: Job,
  mark: string,
): Buffer {
  // Base64 of the outputs, and room for what the program says.
  const bytes = [...outputs.values()].reduce((sum, limit) => sum + Math.ceil(limit * 1.4), 1024 * 1024);
  const header = [Math.ceil(timeoutMs / 1000), bytes, ...[...outputs].flat()].join(' ');
  const stepPrograms = steps.map(
    (step) =>
      `${step.name}:${step.stdin}:${Math.ceil(step.timeoutMs / 1000)}:${step.afterSuccess ? 'success' : step.afterFailure ? 'failure' : ''}`,
  );
  const lines = `${header}\n${[mark, ...stepPrograms].join(' ')}\n`;
  return Buffer.concat([Buffer.from(lines), ...jobInput(mark, [...files, ...randomFiles])]);
}
