import { type PairDocument, urls } from '../../data/model.ts';
import { useLiveDocument } from '../documents.ts';
import { cost, formatWhole, time } from '../parts/figures.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { Problems } from '../parts/problems.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Shown } from '../parts/state.tsx';
import { Passed, Verdict } from '../parts/verdict.tsx';
import { hashOf, type State } from '../route.ts';
import { Lanes } from '../trial/lanes.tsx';
import { buildSpan } from '../trial/span.ts';

interface Side {
  readonly run: string;
  readonly trial: string;
}

/** Two trials of one pair: their figures beside each other, and their lanes on one clock. */
export function SideBySide({ sides: [left, right] }: { readonly sides: readonly [Side, Side] }) {
  const first = useLiveDocument<PairDocument>(urls.pair(left.run, left.trial));
  const second = useLiveDocument<PairDocument>(urls.pair(right.run, right.trial));
  return (
    <div class="page">
      <Shown of={first} what={left.trial}>
        {(left) => (
          <Shown of={second} what={right.trial}>
            {(right) => <Pairs pairs={[left, right]} />}
          </Shown>
        )}
      </Shown>
    </div>
  );
}

function Pairs({ pairs }: { readonly pairs: readonly [PairDocument, PairDocument] }) {
  const span = buildSpan({}, Math.max(...pairs.map(({ clock }) => clock.seconds)));
  const figures: readonly (readonly [string, (pair: PairDocument) => string])[] = [
    ['Time', ({ row }) => time(row.seconds)],
    ['Cost', ({ row }) => cost(row.cost)],
    ['Steps', ({ row }) => formatWhole(row.steps)],
    ['Messages', ({ row }) => formatWhole(row.messages)],
    ['Unanswered', ({ communication }) => formatWhole(communication.unanswered)],
    ['Merge', ({ merge }) => merge?.status ?? 'none'],
    [
      'Conflicts',
      ({ merge }) => merge?.conflicts.map((path) => formatPlainText(path, 80)).join(', ') || 'none',
    ],
    [
      'Why it failed',
      ({ attribution }) => formatPlainText(attribution?.clauses.map(({ text }) => text).join('') ?? '', 400),
    ],
  ];
  const features = [...new Set(pairs.flatMap(({ row }) => row.features))];
  return (
    <>
      <div class="title">
        <h1>{pairs[0].row.pair}</h1>
      </div>
      <Problems problems={pairs.flatMap(({ problems }) => problems)} />
      <Scroll label="Figures">
        <table class="plain sides-by-side">
          <thead>
            <tr>
              <td class="names" />
              {pairs.map(({ run, row }) => (
                <th scope="col" key={`${run} ${row.id}`}>
                  <a href={hashOf({ page: 'trial', run, trial: row.id, state: {} })}>
                    {run} {row.setting}
                    {row.repetition > 1 && ` @${row.repetition}`}
                  </a>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">Verdict</th>
              {pairs.map(({ run, row }) => (
                <td key={`${run} ${row.id}`}>
                  <Verdict of={row.verdict} />
                </td>
              ))}
            </tr>
            {features.map((feature) => (
              <tr key={feature}>
                <th scope="row">Feature {feature}</th>
                {pairs.map(({ run, row, tests }) => (
                  <td key={`${run} ${row.id}`}>
                    {tests
                      .filter((test) => test.features.includes(feature))
                      .map((test) => (
                        <Passed key={test.id} passed={test.passed}>
                          {test.scope === 'alone' ? 'alone' : row.judged === 'merge' ? 'merged' : 'together'}
                        </Passed>
                      ))}
                  </td>
                ))}
              </tr>
            ))}
            {figures.map(([name, readValue]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {pairs.map((pair) => (
                  <td key={`${pair.run} ${pair.row.id}`}>{readValue(pair)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {pairs.map((pair) => {
        const open = (state: State): void => {
          location.hash = hashOf({ page: 'trial', run: pair.run, trial: pair.row.id, state });
        };
        return (
          <section key={`${pair.run} ${pair.row.id}`}>
            <h2>
              {pair.run} {pair.row.setting}
            </h2>
            <Lanes
              pair={pair}
              chosen={null}
              cursor={null}
              span={span}
              choose={(selection) =>
                open(
                  selection.kind === 'step'
                    ? { step: `${selection.seat}:${selection.step}` }
                    : { message: String(selection.index) },
                )
              }
              moveTo={(time) => open({ at: time.toFixed(3) })}
            />
          </section>
        );
      })}
    </>
  );
}
