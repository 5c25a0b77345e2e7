import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Test files that take longest, the longest first. A fresh clone does not know how long files take: Vitest would begin with the
 * first project and its largest file, and end with a file of five lines that runs for minutes while a processor is idle.
 */
const longest = [
  'packages/cli/src/e2e/full-disk.system.test.ts',
  'docs/docs.system.test.ts',
  'packages/cli/src/e2e/interrupt.system.test.ts',
  'packages/cli/src/e2e/foreign.system.test.ts',
  'packages/cli/src/e2e/evaluation.integrity.test.ts',
  'packages/cli/src/e2e/trial.integrity.test.ts',
  'packages/cli/src/e2e/hostile-tests.integrity.test.ts',
  'packages/cli/src/e2e/faults.docker.test.ts',
  'packages/backend-gcp/src/contract.docker.test.ts',
  'packages/cli/src/e2e/warm-layers.system.test.ts',
  'packages/cli/src/e2e/golden.docker.test.ts',
  'packages/agent-openhands-bridge/src/layer.docker.test.ts',
  'packages/cli/src/e2e/golden.system.test.ts',
  'packages/evaluator-tests/src/evaluate-submissions.long.test.ts',
  'packages/backend-docker/src/contract.docker.test.ts',
  'packages/cli/src/e2e/doctor.docker.test.ts',
  'packages/cli/src/e2e/hostile.system.test.ts',
  'packages/records/src/files/lock.system.test.ts',
  'packages/agent-swe-agent/src/contract.system.test.ts',
  'packages/agent-kit/src/adapter/contract.test.ts',
  'packages/agent-mini-swe/src/contract.test.ts',
  'packages/agent-kit/src/tunnel/tunnel.test.ts',
].map((path) => join(import.meta.dirname, '..', path));

/** Begins with the files that take longest, and leaves the order of the others. Files that share workers stay together. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const missing = longest.filter((path) => !existsSync(path));
    // The order costs time only, so a file that was renamed fails nothing.
    if (missing.length > 0) console.warn(`.ci/longest-first.ts lists what is not there: ${missing}`);
    const key = ({ moduleId, project: { name, config } }: TestSpecification) => {
      const place = longest.indexOf(moduleId);
      const sharing = config.isolate ? '' : name;
      return [config.sequence.groupOrder, sharing, place < 0 ? longest.length : place] as const;
    };
    const keyed = (await super.sort(files)).map((file) => ({ file, key: key(file) }));
    return keyed
      .sort(({ key: one }, { key: other }) => {
        const [group, sharing, place] = one;
        return group - other[0] || sharing.localeCompare(other[1]) || place - other[2];
      })
      .map(({ file }) => file);
  }
}
