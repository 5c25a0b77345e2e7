import { describe, expect, test } from 'vitest';
import { cargoTest } from './cargo-test.ts';
import { goTest } from './go-test.ts';
import { jest } from './jest.ts';
import { toLines } from './lines.ts';
import { mocha } from './mocha.ts';
import { nodeTest } from './node-test.ts';
import { pytest } from './pytest.ts';
import { tap } from './tap.ts';
import type { TestOutputParser } from './test-output-parser.ts';
import { unittest } from './unittest.ts';
import { vitest } from './vitest.ts';

/** The most that a run's output has when it is parsed. */
const size = 4 * 1024 * 1024;
/** As long as a line may be without being cut. */
const longest = 4096;

const fill = (start: string, part: string, end = ''): string =>
  `${start}${part.repeat(Math.floor((longest - start.length - end.length) / part.length))}${end}\n`;

/** Texts that a parser looks at closely, over and over. */
const attacks: readonly (readonly [TestOutputParser, readonly string[]])[] = [
  [
    pytest,
    [
      fill('', '1 passed, '),
      fill('=', '=', ' 1 passed in 1s ='),
      fill('1 passed in 1s (', '('),
      fill('!! Exit: ', ' !', 'x'),
      fill('a::b PASSED', ' ', 'x'),
      fill('', 'a::b PASSED '),
      fill('[gw0] PASSED ', ' ', 'x'),
      fill('Results (', '1', 's):'),
      'a::b PASSED\n',
      '= test session starts =\n',
    ],
  ],
  [
    unittest,
    [
      `${'a'.repeat(500)} ... ok\n`,
      fill('', 'a', ' (a) ... ok'),
      fill('a (', ')', ' ... ok'),
      fill('', 'a (b) ... '),
      fill('Ran 1 test in 1s\nFAILED (', 'a=1, ', ')'),
      'Ran 1 test in 1s\n',
      'test_a (b.C) ... ok\n',
    ],
  ],
  [
    goTest,
    [
      fill('', '--- PASS: '),
      fill('--- PASS: ', 'x', ' (1.1s)'),
      fill('', '=== RUN   '),
      fill('{"Action":"', '[', '"}'),
      '--- FAIL: T (0.00s)\n',
      '=== RUN   T\n',
      'ok  \ta\t1s\n',
      '{"Action":"run","Package":"p","Test":"t"}\n',
    ],
  ],
  [
    cargoTest,
    [
      fill('test a', ' ...'),
      fill('test a ', '... ', 'x'),
      fill('test a', ' (line 1', ' ... ok'),
      fill('test result: ', 'a'),
      'running 1 test\n',
      'test a ... ok\n',
    ],
  ],
  [
    jest,
    [
      fill('Tests: 1 passed', ' ', '1 total'),
      fill('Tests: ', '1 passed, ', '1 total'),
      fill('Test Suites: 1 failed', ' ', '1 total'),
      fill(' ✓ ', ' (1', 'x'),
      ' ✓ a\n',
    ],
  ],
  [
    vitest,
    [
      fill(' Tests  1 passed', ' ', 'x'),
      fill(' Test Files  1 failed', ' ', 'x'),
      fill(' ✓ ', '(1 (', 'x'),
      fill(' ✓ ', ' 1', 'x'),
      ' ✓ a\n',
    ],
  ],
  [
    nodeTest,
    [
      fill('✔ ', '/test', '.js'),
      fill('✔ ', '-test', '.js'),
      fill('ok 1 - ', ' (1'),
      fill('ok 1 - ', '.test', '.jsx'),
      fill('', ' ', '✔ x'),
      '▶ a\n',
      '# cancelled 1\n',
    ],
  ],
  [mocha, [fill('  1) ', ' (1'), fill('', ' ', '1) x'), fill('  ', '1', ' passing'), '  1 passing (1ms)\n']],
  [
    tap,
    [
      fill('ok 1 ', ' #', 'x'),
      fill('ok 1 ', '# ', 'x'),
      fill('ok 1  #', ' ', 'x'),
      '1..1\nok 1 a\n',
      'TAP version 13\n',
      'ok 1 a\n',
    ],
  ],
];

function processorTime(work: () => void): number {
  const { user } = process.cpuUsage();
  work();
  // Some kernels count processor time in ticks of 4 or 10 ms.
  return Math.max(20_000, process.cpuUsage().user - user);
}

describe.for(attacks.map(([parser, texts]) => [parser.runner, parser, texts] as const))(
  '%s',
  ([, parser, texts]) => {
    const timeOf = (part: string): number => {
      const lines = toLines(part.repeat(Math.ceil(size / part.length)));
      return processorTime(() => parser.parse(lines));
    };

    // The most lines that this many bytes can have take about a tenth of a second.
    const plain = (): number => timeOf('x\n');
    let bound: number | undefined;

    test.for(texts.map((text) => [text.slice(0, 30), text] as const))('4 MiB of %j', ([, text]) => {
      bound ??= plain();
      let ratio = timeOf(text) / bound;
      for (let round = 1; round < 5 && ratio >= 12; round += 1)
        ratio = Math.min(ratio, timeOf(text) / plain());
      expect(ratio).toBeLessThan(12);
    });
  },
);
