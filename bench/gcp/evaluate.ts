import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GoogleBatch } from '../../packages/backend-gcp/dist/google-cloud/batch/google-batch.js';
import { openAccount } from '../../packages/backend-gcp/dist/google-cloud/index.js';
import { runJobsInBatches } from '../../packages/backend-kit/dist/index.js';
import type { EvaluationContext, FeatureSet, Job, Submission } from '../../packages/core/dist/index.js';
import tests from '../../packages/evaluator-tests/dist/index.js';
import { createContainer, discover, select, tokens } from '../../packages/runs/dist/index.js';
import { evaluationContext } from '../../packages/testing/dist/index.js';
import { reply } from '../child.ts';
import { layOutPairs, subset } from '../orchestration/many-pairs.ts';

/** What a process spent on evaluating. */
export interface Evaluated {
  readonly evaluations: number;
  readonly cpuMs: number;
  /** The processor time of the bare requests that as many evaluations take. */
  readonly floorMs: number;
  readonly jobsPerImage: number;
  /** The share of verdicts that arrived before the last task had ended. */
  readonly streamed: number;
}

interface Server {
  readonly done: number;
  readonly jobs: number;
  readonly left: readonly string[];
}

/** Evaluates pairs on a fake Batch in another process. Arguments: a folder on a fast disk, how many pairs. */
const [folder = '', count = ''] = process.argv.slice(2);
const server = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const readReply = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;
const startServer = (): Promise<Server> => {
  server.stdin.write('\n');
  return readReply<Server>();
};
const environment = await readReply<Record<string, string>>();
Object.assign(process.env, environment);

const datasetDir = join(folder, 'dataset');
await layOutPairs(datasetDir, Number(count));
const submissions = select(discover(datasetDir), { subset }).map(buildSubmission);
const images = new Set(submissions.map(({ task }) => task.image)).size;
const started = process.cpuUsage();
const engine = new GoogleBatch(await openAccount('bench'), {
  ...{ bucket: 'bench', region: 'us-central1', zones: ['us-central1-a'], publicAddress: true },
  ...{ machineType: 'e2-standard-2', diskGiB: 50 },
});
engine.pollMs = 500;
const registry = createContainer([tests()]).get(tokens.registry);
const evaluator = await registry.get('evaluators', 'tests').create();
let evaluations = 0;
let inputBytes = 0;
const context: EvaluationContext = {
  ...evaluationContext(),
  runJobs: (jobs) =>
    runJobsInBatches(engine, counted(jobs), {
      concurrency: 100,
      onNotice: (text) => process.stderr.write(`${text}\n`),
    }),
  policy: { name: 'union', ...(await registry.get('mergePolicies', 'union').create()) },
  runName: 'bench',
};
let verdicts = 0;
let earlyVerdicts = 0;
for await (const { evaluation } of evaluator.evaluate(submissions, context)) {
  if (!evaluation.overallSuccess)
    throw new Error(`a pair fails: ${JSON.stringify(evaluation).slice(0, 500)}`);
  verdicts += 1;
  if (verdicts % 20 === 0 && (await startServer()).done < evaluations) earlyVerdicts = verdicts;
}
const { user, system } = process.cpuUsage(started);
const { done, jobs, left } = await startServer();
if (verdicts !== submissions.length || done !== evaluations || left.length > 0)
  throw new Error(`${verdicts} verdicts, ${done} of ${evaluations} tasks, left: ${left.slice(0, 3)}`);
reply({
  evaluations,
  cpuMs: (user + system) / 1000,
  floorMs: await measureBareRequests(),
  jobsPerImage: jobs / images,
  streamed: earlyVerdicts / verdicts,
} satisfies Evaluated);
server.stdin.end();
await once(server, 'exit');

async function* counted(jobs: Iterable<Job> | AsyncIterable<Job>): AsyncGenerator<Job> {
  for await (const job of jobs) {
    evaluations += 1;
    for (const { length } of job.files.values()) inputBytes += length;
    yield job;
  }
}

/** Returns what an evaluation cannot do without: a file goes up, one comes back, and one is deleted. */
async function measureBareRequests(): Promise<number> {
  const started = process.cpuUsage();
  const storage = `${environment.CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE}`;
  const ask = async (path: string, init: RequestInit): Promise<void> => {
    const response = await fetch(storage + path, init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  };
  const body = Buffer.alloc(Math.round(inputBytes / evaluations), 'x');
  const evaluateOne = async (index: number): Promise<void> => {
    const object = `/storage/v1/b/bench/o/${index}`;
    await ask(`/upload/storage/v1/b/bench/o?uploadType=media&name=${index}`, { method: 'POST', body });
    await ask(`${object}?alt=media`, {});
    await ask(object, { method: 'DELETE' });
  };
  const queue = Array.from({ length: evaluations }, (_, index) => index).values();
  const worker = async (): Promise<void> => {
    for (const index of queue) await evaluateOne(index);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function buildSubmission({ task, features }: FeatureSet): Submission {
  const patch = Buffer.from('+a line of a patch\n'.repeat(500));
  return {
    id: `coop/${task.repo}/${task.taskId}/${features.join('_')}`,
    task,
    setting: 'coop',
    judged: 'merge',
    features,
    patches: features.map((id, index) => ({ seat: `agent${index + 1}`, features: [id], patch })),
    untrusted: true,
  };
}
