import { createHash, randomUUID } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import type { Job, JobResult } from '../contracts/jobs.ts';
import { type JobOutput, jobInput, readJobOutput } from './job-stream.ts';

/** A task in a batch's manifest. */
export interface Task {
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
  readonly tasks: Task[];
  /** Jobs without a result, by the index of their task. */
  readonly waiting: Map<number, Waiting> = new Map();
  parallelism: number;
  timeoutMs = 0;
  progress: string | undefined;
  changedAt: number = performance.now();
  refusedAt: number | undefined;

  constructor(session: string, name: string, tasks: Task[] = [], parallelism = 0) {
    this.session = session;
    this.name = name;
    this.tasks = tasks;
    this.parallelism = parallelism;
  }

  add(job: Job, key: string): { readonly index: number; readonly input: Buffer } {
    const mark = randomUUID();
    return { index: this.tasks.push({ key, mark }) - 1, input: inputOf(job, mark) };
  }

  expect(index: number, { id, outputs, timeoutMs }: Job): void {
    this.waiting.set(index, { id, outputs });
    this.timeoutMs = Math.max(this.timeoutMs, timeoutMs);
  }

  object(index: number, kind: 'input' | 'result'): string {
    return `${this.name}-${index}.${kind}`;
  }
  /** Reads what a task wrote as its result. */
  async result(index: number, bytes: Buffer): Promise<JobResult> {
    const { id, outputs } = this.waiting.get(index) as Waiting;
    const end = bytes.indexOf('\n');
    const [code = '', stderr = ''] = bytes.subarray(0, end).toString().split(' ');
    const output: JobOutput = { markedLines: [], outputFiles: new Map() };
    const stdout = ReadableStream.from([bytes.subarray(end + 1)]);
    const complete = await readJobOutput(stdout, this.tasks[index]?.mark ?? '', outputs, output);
    this.waiting.delete(index);
    const said = Buffer.from(stderr, 'base64').toString().trim();
    const endedEarly = { exitCode: Number(code), stderr: said || (code === '124' ? 'it took too long' : '') };
    return { id, ...output, endedEarly: complete ? undefined : endedEarly };
  }
}

/** A hash of all that decides a job's result. */
export function keyOf({ spec, program, files, outputs, timeoutMs }: Job): string {
  const hash = createHash('sha256').update(JSON.stringify([spec.image, program, [...outputs], timeoutMs]));
  for (const [name, content] of files) hash.update(`\n${name} ${content.length}\n`).update(content);
  return hash.digest('hex');
}

function inputOf({ outputs, timeoutMs, files }: Job, mark: string): Buffer {
  // Base64 of the outputs, and room for what the program says.
  const bytes = [...outputs.values()].reduce((sum, limit) => sum + Math.ceil(limit * 1.4), 1024 * 1024);
  const header = [Math.ceil(timeoutMs / 1000), bytes, ...[...outputs].flat()].join(' ');
  return Buffer.concat([Buffer.from(`${header}\n`), ...jobInput(mark, files)]);
}
