import { Buffer } from 'node:buffer';
import { type JobReport, SandboxError, type StepReport, type Submission, type Task } from '@cooperbench/core';
import { parseFacts } from './facts.ts';
import { canaryStep, doubtOutput, mergeProbe, probeOf } from './jobs.ts';
import { findSignal, ranNoTest, wasRuined } from './test-result.ts';

/** Messages of programs when something has run out. Code under test can print it, too. */
const exhausted =
  /No space left on device|ENOSPC|quota exceeded|EDQUOT|Cannot allocate memory|ENOMEM|MemoryError|out of memory|Resource temporarily unavailable|EAGAIN|[Cc]an(?:no|')t (?:fork|start new thread)|Too many open files|EMFILE|Read-only file system|Input\/output error/i;

/** A sign that the machine may be at fault for the failure of a tree, and the feature whose tests it concerns. */
export interface Trouble {
  readonly feature: number;
  readonly sign: string;
}

/**
 * Finds the signs in a report that the machine, rather than what was submitted, may be at fault. Code under test can produce
 * each of them, so they lead to a second run, and to a control after that. They never void a verdict by themselves.
 */
export function findTroubles(report: JobReport, { features, task }: Submission): Trouble[] {
  const { lost, steps = new Map<string, StepReport>(), markedLines } = report;
  const [first = 0] = features;
  const troubles: Trouble[] = [];
  if (parseFacts(markedLines).isExhausted)
    troubles.push({
      feature: first,
      sign: 'git was killed, or something ran out, while patches were merged',
    });
  for (const feature of features) {
    const step = steps.get(`${feature}`);
    const troubleSign = step && signOf(step, steps.get(probeOf(feature)), task);
    if (troubleSign !== undefined) troubles.push({ feature, sign: troubleSign });
  }
  if (lost !== undefined && troubles.length === 0)
    troubles.push({ feature: features.find((feature) => !steps.has(`${feature}`)) ?? first, sign: lost });
  return troubles;
}

function signOf(step: StepReport, probe: StepReport | undefined, task: Task): string | undefined {
  const signal = findSignal(step, task);
  if (signal !== undefined) return `${signal} ended the tests`;
  if (probe && probe.exitCode !== 0) return getComplaint(probe);
  // A machine without processes cannot tell what was changed.
  if (wasRuined(step)) return step.stderr;
  if (step.exitCode === 0 && !ranNoTest(step)) return undefined;
  return exhausted.exec(`${Buffer.from(step.output)}\n${step.stderr}`)?.[0];
}

/**
 * The same of the canary's run. The golden patch does not decide about it: a runner whose tests change what is sealed does so
 * there as well.
 */
export function findCanaryTrouble({ markedLines, steps }: JobReport): Trouble[] {
  const { canary } = parseFacts(markedLines);
  const step = steps?.get(canaryStep);
  return canary && step && wasRuined(step) ? [{ feature: canary.feature, sign: step.stderr }] : [];
}

/**
 * Finds why nothing that a job says of its patches can be believed: the machine failed before any code under test ran. Returns
 * undefined if it did not.
 */
export function findFaultBeforeTests({ outputFiles, steps }: JobReport): string | undefined {
  if (outputFiles.has(doubtOutput)) {
    const probe = steps?.get(mergeProbe);
    if (!probe) return 'no process could be started to look at it';
    if (probe.exitCode !== 0) return getComplaint(probe);
  }
  const state = outputFiles.get('state');
  // Without its last line, the host did not get all of it.
  return state && !Buffer.from(state).toString().endsWith('end\n')
    ? 'it handed out half of a file'
    : undefined;
}

function getComplaint({ stderr, endedFor }: StepReport): string {
  if (endedFor === 'time') return 'a look at it took more than 120 s';
  return stderr.split('\n')[0] || 'the look at it failed and printed nothing';
}

export function createMachineUnsoundError(reason: string): SandboxError {
  return new SandboxError(
    'MACHINE_UNSOUND',
    `The machine of the evaluation failed: ${reason.replace(/\.$/, '')}.`,
    {
      hint: 'Give the machine more room, memory or processes, then run the command again: it repeats the evaluation.',
      retryable: true,
    },
  );
}
