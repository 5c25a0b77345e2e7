import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { formatCauseText } from './cause.ts';
import { readRun } from './read-run.ts';

// A run with a trial for each kind of failure. The outputs of tests are Node.js 24's own.
const { trials, problems } = await readRun(fileURLToPath(new URL('fixtures', import.meta.url)), 'failures');

const alone =
  'Each patch alone passes its tests, but on the merged tree, which has no conflict, feature 2 fails';

test.for([
  [
    'assertion',
    'own_feature_failed',
    `Agent2's patch alone fails feature 2 (1 of 2 tests failed, first "adds two numbers": AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 0 !== 4 at test/add.test.js:5).`,
  ],
  [
    'crash_at_import',
    'semantic_conflict',
    `${alone} (1 of 1 tests failed, first "test/rules.test.js": SyntaxError: Unexpected string at src/rules.js:4).`,
  ],
  [
    'wrong_union',
    'textual_conflict',
    `Each patch alone passes its tests, but the patches conflict in src/format.js, and after the union merge, feature 2 fails (1 of 1 tests failed, first "test/format.test.js": SyntaxError: Identifier 'text' has already been declared at src/format.js:3).`,
  ],
  [
    'missing_test',
    'semantic_conflict',
    `${alone} (tests of the reference did not run: keeps the time zone).`,
  ],
  ['timeout', 'semantic_conflict', `${alone} (the tests ran past their time limit).`],
  [
    'renamed_function',
    'semantic_conflict',
    `${alone} (1 of 1 tests failed, first "finds the next date": TypeError: rule.parse is not a function at src/next.js:4).`,
  ],
  [
    'lost_message',
    'semantic_conflict',
    `${alone} (1 of 1 tests failed, first "finds the next date": TypeError: rule.parse is not a function at src/next.js:4). Besides, agent2 never read agent1's message "I rename parse() to parseRule(): please call the new name."; agent2's question "Do you change src/rule.js?" got no answer; agent1 wrote "I push to team/agent1 now." and did not push; agent1 never fetched what agent2 pushed last.`,
  ],
  ['does_not_apply', 'does_not_apply', 'The patch of agent2 does not apply to the base commit.'],
  ['empty_patch', 'nothing_submitted', 'agent2 submitted nothing; feature 2 fails (4 of 4 tests failed).'],
  [
    'infrastructure',
    'infrastructure',
    'Infrastructure failed: The sandbox of the tests was lost: the daemon does not answer.',
  ],
])('the sentence names the cause: %s', ([kind, name, sentence]) => {
  expect(problems).toEqual([]);
  const cause = trials.find(({ repo }) => repo === `${kind}_task`)?.cause ?? expect.fail('no cause');
  expect([cause.name, formatCauseText(cause)]).toEqual([name, sentence]);
});
