import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layOutDataset } from '@cooperbench/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discover } from './discover.ts';
import { type Filters, select } from './select.ts';

let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cooperbench-dataset-'));
  await layOutDataset(
    directory,
    {
      tasks: [
        { repo: 'alpha_task', task_id: 1, features: [1, 2, 3] },
        { repo: 'alpha_task', task_id: 12, features: [1, 2] },
        { repo: 'beta_task', task_id: 7, features: [4, 10, 9] },
      ],
    },
    {
      small: { name: 'small', tasks: [{ repo: 'beta_task', task_id: 7, pairs: [[10, 4]] }] },
      groups: {
        name: 'groups',
        tasks: [{ repo: 'alpha_task', task_id: 1, pairs: [[1, 2]], groups: [[3, 1, 2]] }],
      },
      wide: { name: 'wide', tasks: [{ repo: 'alpha_task', task_id: 1, groups: [[1, 2, 3]] }] },
    },
  );
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const chosen = (filters: Filters): string[] =>
  select(discover(directory), filters).map(({ task, features }) => `${task.repo}/${task.taskId}/${features}`);
const refusal = (filters: Filters): { code: string; message: string; hint: string } => {
  try {
    chosen(filters);
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string };
    return { code, message, hint };
  }
  throw new Error('nothing was refused');
};

describe('selecting trials', () => {
  test('no filter selects every pair of every task, in order', () => {
    expect(chosen({})).toEqual([
      'alpha_task/1/1,2',
      'alpha_task/1/1,3',
      'alpha_task/1/2,3',
      'alpha_task/12/1,2',
      'beta_task/7/4,9',
      'beta_task/7/4,10',
      'beta_task/7/9,10',
    ]);
  });

  test('features may be more than two, in any order', () => {
    expect(chosen({ features: [3, 1, 2] })).toEqual(['alpha_task/1/1,2,3']);
  });

  test('a subset names pairs', () => {
    expect(chosen({ subset: 'small' })).toEqual(['beta_task/7/4,10']);
  });

  test('a subset names groups, with or without pairs', () => {
    expect(chosen({ subset: 'groups' })).toEqual(['alpha_task/1/1,2', 'alpha_task/1/1,2,3']);
    expect(chosen({ subset: 'wide' })).toEqual(['alpha_task/1/1,2,3']);
  });

  test('a set of features that a subset lists twice is one trial, and a set with a feature twice is refused', () => {
    const write = (groups: readonly number[][]): void => {
      const twice = { repo: 'alpha_task', task_id: 1, pairs: [[1, 2]], groups };
      writeFileSync(join(directory, 'subsets/twice.json'), JSON.stringify({ tasks: [twice, twice] }));
    };
    write([
      [2, 1],
      [3, 2, 1],
      [1, 2, 3],
    ]);
    expect(chosen({ subset: 'twice' })).toEqual(['alpha_task/1/1,2', 'alpha_task/1/1,2,3']);
    write([[1, 1, 2]]);
    expect(refusal({ subset: 'twice' })).toMatchObject({
      code: 'SUBSET_INVALID',
      message: expect.stringMatching(/groups\.0: .*every item once, but items 1 and 2 are equal/),
    });
  });

  test('unknown names are refused with the nearest known one', () => {
    expect(refusal({ repo: 'alfa_task' })).toEqual({
      code: 'UNKNOWN_REPO',
      message: 'The dataset has no repository "alfa_task".',
      hint: 'Did you mean "alpha_task"?',
    });
    expect(refusal({ subset: 'smal' })).toEqual({
      code: 'UNKNOWN_SUBSET',
      message: `There is no subset "smal" in ${directory}/subsets.`,
      hint: 'Did you mean "small"?',
    });
    expect(refusal({ repo: 'alpha_task', taskId: 13 })).toEqual({
      code: 'UNKNOWN_TASK',
      message: 'alpha_task has no task 13.',
      hint: 'Did you mean 12? Known: 1, 12.',
    });
    expect(refusal({ features: [1, 8] })).toMatchObject({
      code: 'UNKNOWN_FEATURE',
      message: 'No selected task has a feature 8.',
    });
    expect(refusal({ features: [1, 1] })).toMatchObject({
      code: 'UNKNOWN_FEATURE',
      message: 'Features 1,1: a trial takes two or more different features.',
    });
    expect(refusal({ features: [1, 4] })).toMatchObject({
      code: 'NOTHING_MATCHES',
      message: 'No feature pair matches features 1,4.',
    });
  });
});

describe('a broken dataset', () => {
  test('a missing directory says where it was looked for', () => {
    expect(() => discover(join(directory, 'nowhere'))).toThrow(
      `There is no dataset directory at ${directory}/nowhere.`,
    );
  });

  test('an empty directory says so', () => {
    const empty = join(directory, 'empty');
    mkdirSync(empty);
    expect(() => discover(empty)).toThrow(`The dataset directory ${empty} contains no tasks.`);
  });

  test('broken tasks are named with the reason, the others are there', () => {
    writeFileSync(
      join(directory, 'alpha_task/task1/feature2/feature.md'),
      new Uint8Array([0x23, 0xff, 0xfe]),
    );
    rmSync(join(directory, 'alpha_task/task12/feature1/tests.patch'));
    writeFileSync(join(directory, 'beta_task/task7/task.json'), '{ "timeout_second": 5 }');
    mkdirSync(join(directory, 'gamma_task/task3'), { recursive: true });
    mkdirSync(join(directory, 'gamma_task/taskless'), { recursive: true });
    const { tasks, broken } = discover(directory);
    expect(tasks).toEqual([]);
    expect(broken.map(({ repo, task, reason }) => `${repo}/${task}: ${reason}`)).toEqual([
      `alpha_task/task1: ${directory}/alpha_task/task1/feature2/feature.md is not UTF-8 text`,
      `alpha_task/task12: ${directory}/alpha_task/task12/feature1/tests.patch is missing`,
      `beta_task/task7: ${directory}/beta_task/task7/task.json: unknown key "timeout_second"; did you mean "timeout_seconds"?`,
      `gamma_task/task3: ${directory}/gamma_task/task3: it has no feature<N> folder`,
      `gamma_task/taskless: ${directory}/gamma_task/taskless: a task's folder is named task<number>`,
    ]);
    expect(refusal({ repo: 'alpha_task', taskId: 1 })).toMatchObject({ code: 'TASK_BROKEN' });
    expect(refusal({ subset: 'small' })).toMatchObject({
      code: 'TASK_BROKEN',
      message: expect.stringMatching(
        /^No task of subset small can be used:\n {2}beta_task\/task7: .*timeout_second/,
      ),
    });
    expect(refusal({ repo: 'beta_task' })).toMatchObject({
      code: 'TASK_BROKEN',
      message: expect.stringMatching(
        /^No task of repo beta_task can be used:\n {2}beta_task\/task7: .*timeout_second/,
      ),
    });
  });

  test('a link out of the task’s folder breaks the task, one inside does not', () => {
    const outsidePath = join(directory, 'secret');
    writeFileSync(outsidePath, 'of the host');
    const at = (path: string): string => join(directory, path);
    rmSync(at('alpha_task/task1/feature2/feature.md'));
    symlinkSync(outsidePath, at('alpha_task/task1/feature2/feature.md'));
    mkdirSync(at('alpha_task/task12/repo/deep'), { recursive: true });
    symlinkSync('../../../task1', at('alpha_task/task12/repo/deep/up'));
    mkdirSync(at('beta_task/task7/repo'));
    symlinkSync('../feature4', at('beta_task/task7/repo/inside'));
    symlinkSync('nowhere', at('beta_task/task7/repo/dangling'));
    const { tasks, broken } = discover(directory);
    expect(tasks.map(({ repo, taskId }) => `${repo}/${taskId}`)).toEqual(['beta_task/7']);
    expect(broken.map(({ reason }) => reason)).toEqual([
      `${at('alpha_task/task1/feature2/feature.md')} is a link to ${outsidePath}, outside of the task's folder`,
      `${at('alpha_task/task12/repo/deep/up')} is a link to ../../../task1, outside of the task's folder`,
    ]);
  });

  test('a link that leaves by way of another link breaks the task', () => {
    symlinkSync('/', join(directory, 'beta_task/task7/root'));
    symlinkSync('root/etc/hostname', join(directory, 'beta_task/task7/notes'));
    expect(discover(directory).broken).toHaveLength(1);
  });

  test.for<[string, string]>([
    ['task.json', 'task.json cannot be read: it is a directory'],
    ['runner.sh', 'runner.sh cannot be read: it is a directory'],
    ['feature4/feature.md', 'feature4/feature.md cannot be read: it is a directory'],
    ['feature4/feature.patch', 'feature4/feature.patch cannot be read: it is a directory'],
    ['feature4/tests.patch', 'feature4/tests.patch cannot be read: it is a directory'],
  ])('a directory in the place of %s breaks the task alone', ([name, reason]) => {
    const task = join(directory, 'beta_task/task7');
    rmSync(join(task, name), { force: true });
    mkdirSync(join(task, name));
    const { tasks, broken } = discover(directory);
    expect(tasks).toHaveLength(2);
    expect(broken).toEqual([{ repo: 'beta_task', task: 'task7', reason: `${task}/${reason}` }]);
  });

  test.for<[string, string, string]>([
    ['feature4/feature.md', '', 'is empty'],
    ['feature4/feature.md', 'a\0b', 'is not UTF-8 text'],
    ['feature4/tests.patch', '', 'is empty'],
    ['feature4/tests.patch', '\x7fELF', 'is not a patch: it changes no file'],
    ['feature4/feature.patch', '', 'is empty'],
    ['runner.sh', ' \n', 'is empty'],
    ['run_tests.sh', '', 'is empty'],
    ['setup.sh', 'a\0b', 'is not UTF-8 text'],
  ])('%s with the content %j breaks the task alone', ([name, content, fault]) => {
    const path = join(directory, 'beta_task/task7', name);
    writeFileSync(path, content);
    const { tasks, broken } = discover(directory);
    expect(tasks).toHaveLength(2);
    expect(broken).toEqual([{ repo: 'beta_task', task: 'task7', reason: `${path} ${fault}` }]);
  });

  test('a file that is too large breaks the task, and its size is said', () => {
    const path = join(directory, 'beta_task/task7/feature4/feature.md');
    truncateSync(path, 3 * 1024 ** 3);
    expect(discover(directory).broken.map(({ reason }) => reason)).toEqual([
      `${path} cannot be read: it has 3072 MiB, and at most 1 MiB are read`,
    ]);
  });

  test('a pipe, a file or a loop of links in the place of a folder breaks what the folder would hold', () => {
    const at = (path: string): string => join(directory, path);
    rmSync(at('alpha_task/task1'), { recursive: true });
    execFileSync('mkfifo', [at('alpha_task/task1')]);
    rmSync(at('alpha_task/task12/feature1'), { recursive: true });
    symlinkSync('feature1', at('alpha_task/task12/feature1'));
    symlinkSync('loop_task', at('loop_task'));
    writeFileSync(at('alpha_task/task-notes.md'), '');
    const { tasks, broken } = discover(directory);
    expect(tasks).toHaveLength(1);
    expect(broken.map(({ repo, task, reason }) => `${repo}/${task}: ${reason}`)).toEqual([
      `alpha_task/task1: ${at('alpha_task/task1')} is not a directory, or not below one (ENOTDIR)`,
      `alpha_task/task12: ${at('alpha_task/task12/feature1')} is not a directory`,
      `loop_task/*: ${at('loop_task')} leads into a loop of symbolic links (ELOOP)`,
    ]);
  });

  test('a pipe in the place of a file breaks the task and stops nothing', () => {
    const pipe = join(directory, 'beta_task/task7/feature4/feature.md');
    rmSync(pipe);
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe]);
    expect(discover(directory).broken.map(({ reason }) => reason)).toEqual([
      `${pipe} is neither a file, a folder nor a link`,
    ]);
  });

  test('a folder whose name has control characters is refused, and shown without them', () => {
    mkdirSync(join(directory, 'a\u001b[2J\n_task/task1/feature1'), { recursive: true });
    symlinkSync('nowhere', join(directory, 'gone_task'));
    const [broken] = discover(directory).broken;
    expect(broken).toEqual({
      repo: 'a\\u{1b}[2J\\u{a}_task',
      task: 'task1',
      reason: `${directory}/a\\u{1b}[2J\\u{a}_task/task1: the name of a folder has a control character`,
    });
  });

  test.for([0, -1, 604_801, 2 ** 31, 1.5])('a time limit of %d seconds is refused', (seconds) => {
    writeFileSync(join(directory, 'beta_task/task7/task.json'), JSON.stringify({ timeout_seconds: seconds }));
    const [broken] = discover(directory).broken;
    expect(broken?.reason).toMatch(/task\.json: timeout_seconds: found \S+, expected /);
  });

  test('a pattern of task.json that is not one line is refused', () => {
    writeFileSync(join(directory, 'beta_task/task7/task.json'), '{ "test_patterns": ["a\\nb"] }');
    expect(discover(directory).broken.map(({ reason }) => reason)).toContain(
      `${directory}/beta_task/task7/task.json: test_patterns.0: found "a\\nb", expected a string that matches ^[^\\x00-\\x1f\\x7f]*$`,
    );
  });

  test('task.json overrides image, limits and rules', () => {
    writeFileSync(
      join(directory, 'beta_task/task7/task.json'),
      JSON.stringify({
        image: 'own:{task}',
        timeout_seconds: 5,
        protected_paths: ['ci/'],
        test_patterns: ['**/*.t'],
        cpus: 4,
        memory_mib: 8192,
      }),
    );
    expect(discover(directory).tasks.at(-1)).toMatchObject({
      image: 'own:7',
      timeoutSeconds: 5,
      protectedPaths: ['ci/'],
      testPatterns: ['**/*.t'],
      cpus: 4,
      memoryMiB: 8192,
    });
  });
});
