import { join } from 'node:path';
import type { MergePolicy, Submission } from '@cooperbench/core';
import {
  type EvaluationFile,
  findPolicy,
  fromSnakeKeys,
  impliedVerdict,
  isForeignVerdict,
  keepAside,
  listStoredVerdicts,
  readEvaluation,
  writeJson,
} from '@cooperbench/records';
import { runWrites } from '../run-folder/log-dir.ts';
import type { EventStream } from '../trial/event-stream.ts';
import type { ChosenTrial } from './choose-trials.ts';
import { computeInputsHash, computePolicyHash } from './inputs-hash.ts';
import { dropVerdict, type Policies, withPolicies } from './verdict-file.ts';

/** How trials are judged, as far as that decides which verdicts they keep. */
export interface Judging {
  readonly policy: { readonly name: string } & MergePolicy;
  /** The user named the policy. Otherwise a verdict of another tool counts under whatever policy that had. */
  readonly isPolicyChosen: boolean;
  readonly policies: Policies;
  /** Says how the evaluator judges. */
  readonly evaluator: string;
  /** Further hosts that the network `registries` reaches. */
  readonly registries: readonly string[];
  readonly force: boolean;
}

/** A submission to evaluate, and the hash of its inputs. */
export interface PendingTrial {
  readonly submission: Submission;
  readonly directory: string;
  readonly hash: string;
}

/**
 * Divides the trials into those to evaluate and the ids of those that keep their verdict, or whose verdict under another
 * policy decides. A verdict that is an error or comes from other inputs is not kept.
 */
export async function findPending(
  chosenTrials: readonly ChosenTrial[],
  judging: Judging,
  events: EventStream,
): Promise<{ readonly pending: readonly PendingTrial[]; readonly kept: ReadonlySet<string> }> {
  const pending: PendingTrial[] = [];
  const keptIds = new Set<string>();
  for (const { trial, submission } of chosenTrials) {
    const { directory } = trial;
    const hash = await computeInputsHash(submission, judging.evaluator, judging.registries);
    const evaluationFile = await readOrKeepAside(directory, events);
    const valid = judging.force || !evaluationFile ? [] : listValidVerdicts(evaluationFile, hash);
    const isKept = valid.some((verdict) => isUnder(verdict, judging));
    if (evaluationFile && (isKept || isImplied(evaluationFile, valid, submission, judging))) {
      keptIds.add(trial.id);
      if (!isKept) await stateImplied(directory, evaluationFile, submission, judging);
    } else {
      const individual = valid.find(
        (verdict) => !isForeignVerdict(verdict) && verdict.individual,
      )?.individual;
      pending.push({
        submission: individual ? withIndividual(submission, individual) : submission,
        directory,
        hash,
      });
    }
  }
  return { pending, kept: keptIds };
}

function withIndividual(
  submission: Submission,
  individual: NonNullable<EvaluationFile['individual']>,
): Submission {
  return { ...submission, ...fromSnakeKeys<Pick<Submission, 'individual'>>({ individual }) };
}

/** Lists the verdicts that are no errors and come from these inputs. One without a hash comes from another tool, and stays. */
function listValidVerdicts(evaluationFile: Partial<EvaluationFile>, hash: string): Partial<EvaluationFile>[] {
  return listStoredVerdicts(evaluationFile).filter(
    (verdict) => !verdict.error && (isForeignVerdict(verdict) || verdict.inputs_hash === hash),
  );
}

function isUnder(verdict: Partial<EvaluationFile>, { policy, isPolicyChosen }: Judging): boolean {
  const verdictPolicy = findPolicy(verdict);
  if (isForeignVerdict(verdict))
    return verdictPolicy === null || verdictPolicy === policy.name || !isPolicyChosen;
  return (
    verdictPolicy === null ||
    (verdictPolicy === policy.name && verdict.merge_policy_hash === computePolicyHash(policy))
  );
}

/** Never in the place of a verdict at the top level, which then has to be replaced. */
function isImplied(
  evaluationFile: Partial<EvaluationFile>,
  valid: readonly Partial<EvaluationFile>[],
  { patches }: Submission,
  { policy }: Judging,
): boolean {
  if (findPolicy(evaluationFile) === policy.name) return false;
  return valid.some((verdict) => impliedVerdict(verdict, policy, patches[0]?.seat) !== undefined);
}

/** Removes an outdated verdict in whose place another one decides, and states that in `policies`. */
async function stateImplied(
  directory: string,
  evaluationFile: Partial<EvaluationFile>,
  submission: Submission,
  { policy: { name }, policies }: Judging,
): Promise<void> {
  const isStored = evaluationFile.verdicts !== undefined && Object.hasOwn(evaluationFile.verdicts, name);
  const file = withPolicies(
    isStored ? dropVerdict(evaluationFile, name) : evaluationFile,
    submission,
    policies,
  );
  if (!isStored && file.policies[name] === evaluationFile.policies?.[name]) return;
  await runWrites(directory, () => writeJson(join(directory, 'eval.json'), file));
}

/** Reads eval.json. Renames a file that is not readable, so that evaluation does not overwrite it. */
export async function readOrKeepAside(
  directory: string,
  events: EventStream,
): Promise<Partial<EvaluationFile> | undefined> {
  const path = join(directory, 'eval.json');
  const file = await readEvaluation(directory);
  if (file.state === 'broken' || file.state === 'unusable') {
    const asidePath = await runWrites(directory, () => keepAside(path));
    events.notice(
      `${path} is broken (${file.reason}). It is kept as ${asidePath}, and the trial is evaluated again.`,
      'warning',
    );
  }
  return file.state === 'read' ? file.value : undefined;
}
