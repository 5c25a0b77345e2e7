import { afterAll, beforeAll, expect } from 'vitest';
import { cooperbench, type Ending, type Scratch, sampleDataset, scratch } from './cli.test.support.ts';
import { scriptedModel } from './dataset.test.support.ts';
import { readJson } from './run-files.test.support.ts';
import { needing } from './services.test.support.ts';

const { test, describe, reason } = needing('docker');

interface Expected {
  readonly merge: string;
  readonly strategy: string | null;
  readonly feature_passed: Readonly<Record<string, boolean>>;
  readonly both_passed: boolean;
  readonly strict: boolean;
}

interface Verdict {
  readonly error: string | null;
  readonly merge: { readonly status: string; readonly strategy: string | null } | null;
  readonly features_results: Readonly<
    Record<string, { readonly feature_id: number; readonly passed: boolean }>
  >;
  readonly individual: Readonly<Record<string, { readonly success: boolean }>>;
  readonly both_passed: boolean;
  readonly policies: { readonly strict: boolean };
}

const expected = readJson<Record<string, Expected>>(sampleDataset, 'expected-verdicts.json');

describe(`the golden patches of the sample dataset on Docker, with git and without network${reason}`, () => {
  let remove = (): void => {};
  let place: Scratch;
  const endings: Record<string, Ending> = {};
  const verdict = (setting: string, pair: string): Verdict =>
    readJson(place.logs, 'x', setting, pair, 'eval.json');

  beforeAll(async () => {
    place = scratch((work) => {
      remove = work;
    });
    for (const setting of ['coop', 'solo'])
      endings[setting] = await cooperbench(place, [
        ...[
          'run',
          '-n',
          'x',
          '-a',
          'oracle',
          '--setting',
          setting,
          '--git',
          '-c',
          '4',
          '--eval-concurrency',
          '2',
        ],
        ...['--backend', 'docker', '--backend-option', 'docker.network=none'],
        ...['--backend-option', 'docker.baseImage=cooperbench-test/base'],
        ...['--dataset-dir', sampleDataset, '--log-dir', place.logs],
      ]);
  });
  afterAll(() => remove());

  test('both settings end without an error', () => {
    for (const ending of Object.values(endings)) expect(ending).toMatchObject({ code: 0, stderr: '' });
  });

  test.for(Object.keys(expected))('%s ends as expected', (pair) => {
    const { error, merge, features_results, individual, both_passed, policies } = verdict('coop', pair);
    expect(error).toBeNull();
    expect({
      merge: merge?.status,
      strategy: merge?.strategy,
      feature_passed: Object.fromEntries(
        Object.values(features_results).map(({ feature_id, passed }) => [feature_id, passed]),
      ),
      both_passed,
      strict: policies.strict,
    }).toMatchObject((({ class: _, ...rest }) => rest)(expected[pair] as Expected & { class?: string }));
    expect(Object.values(individual).map(({ success }) => success)).toEqual([true, true]);
    expect(verdict('solo', pair)).toMatchObject({ error: null, both_passed, merge: null });
    expect(readJson(place.logs, 'x/coop', pair, 'result.json')).toMatchObject({
      backend: 'docker',
      git_enabled: true,
      origin: { from: 'image', reference: expect.stringMatching(/^sha256:/) },
    });
  });
});

/** The original's quickstart, with only the repository, the task, the model and the backend replaced. */
test(`the quickstart's commands work on the sample dataset${reason}`, async () => {
  const place = scratch();
  const model = scriptedModel(place.root, [{ turns: [{ say: 'I look.', run: 'git log --oneline' }] }]);
  const env = {
    COOPERBENCH_BACKEND_OPTION: 'docker.baseImage=cooperbench-test/base',
    COOPERBENCH_DATASET_DIR: sampleDataset,
    COOPERBENCH_LOG_DIR: place.logs,
  };
  const quick = async (line: string): Promise<Ending> =>
    cooperbench(
      place,
      line.split(' ').map((word) => (word === 'MODEL' ? model : word)),
      { env },
    );
  const on = '-r recur_task -m MODEL --backend docker';
  const first = await quick(`run -n my-first-experiment ${on}`);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toContain('[CooperBench] Found 6 trials');
  for (const line of [
    `run -n my-solo-experiment ${on} --setting solo`,
    'eval -n my-first-experiment',
    'run -n test-task -r ttl_cache_task -t 27 -m MODEL --backend docker',
    'run -n test-features -r text_table_task -f 1,2 -m MODEL --backend docker',
    `run -n git-collab ${on} --git`,
    `run -n no-msg ${on} --no-messaging`,
    `run -n test ${on} -c 50`,
    'run -n test --backend docker -m MODEL -c 5',
  ])
    expect([line, await quick(line)]).toMatchObject([line, { code: 0, stderr: '' }]);
  // Another model under the same name is refused, because its results would be kept as the first one's.
  const refused = await quick('run -n test -r recur_task -m gpt-5 -a oracle --backend docker');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('model') });
});
