// This file has more than 250 lines, because it is one header, a small function for each of its parts.
import { count } from '@cooperbench/command/figures';
import type { Clause, PairDocument } from '../../data/model.ts';
import { cost, formatWhole, share, time } from '../parts/figures.ts';
import { PairName } from '../parts/pair-name.tsx';
import { formatPlainText } from '../parts/plain-text.ts';
import { Problems } from '../parts/problems.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { Flag, Passed, Seat, Verdict } from '../parts/verdict.tsx';
import { formatVerdictWord } from '../parts/verdict-words.ts';
import { hashOf } from '../route.ts';
import { getSpent } from './lanes-layout.ts';
import { Notes } from './notes.tsx';
import type { View } from './view.ts';

/** The trial in one look: its verdict, why, its figures. */
export function Summary({ view, isFolded }: { readonly view: View; readonly isFolded: boolean }) {
  const { row, run, siblings, attribution } = view.pair;
  return (
    <header class="summary">
      <div class="title">
        <h1>
          <PairName pair={row.pair} repetition={row.repetition} />
        </h1>
        <Verdict of={row.verdict} />
        {row.verdict === 'passed' && row.overall === false && <Flag>a patch fails alone</Flag>}
        <span class="badge">{row.setting}</span>
      </div>
      {attribution && (
        <p class="attribution" dir="auto">
          {attribution.clauses.map((clause, index) => (
            <ClauseText key={index} clause={clause} view={view} />
          ))}
        </p>
      )}
      <Problems problems={view.pair.problems} />
      <Notes pair={view.pair} />
      <details class="more" key={String(isFolded)} open={!isFolded}>
        <summary>Figures and seats</summary>
        <Labels view={view} />
        <Figures pair={view.pair} />
        <SeatTable view={view} />
        {siblings.length > 0 && (
          <p class="siblings">
            The same pair:
            {siblings.map(({ id, setting, repetition, verdict }) => (
              <span key={id}>
                <a href={hashOf({ page: 'trial', run, trial: id, state: {} })}>
                  {setting}
                  {repetition > 1 && ` @${repetition}`} {formatVerdictWord(verdict)}
                </a>{' '}
                (
                <a
                  href={hashOf({ page: 'compare', runs: [run, run], state: { one: row.id, other: id } })}
                  aria-label={`Compare with ${id}`}
                >
                  compare
                </a>
                )
              </span>
            ))}
          </p>
        )}
      </details>
    </header>
  );
}

function ClauseText({ clause: { text, link }, view }: { clause: Clause; view: View }) {
  const words = formatPlainText(text, 1000);
  // plainText trims, and clauses are joined without anything between them.
  const before = /^\s/.test(text) ? ' ' : '';
  const after = /\s$/.test(text) ? ' ' : '';
  if (!link) return <>{`${before}${words}${after}`}</>;
  return (
    <>
      {before}
      <a href={view.href(findClauseState(link))}>{words}</a>
      {after}
    </>
  );
}

function findClauseState(link: NonNullable<Clause['link']>): Record<string, string | undefined> {
  if (link.to === 'tests') return { tab: 'tests', test: link.id };
  if (link.to === 'message') return { tab: 'conversation', message: String(link.index), step: undefined };
  const side = link.to === 'merge' ? 'merged' : link.seat;
  return { tab: 'diffs', side, path: link.path ?? undefined };
}

/** What models said of why the pair failed, with the agents' words that they quote. */
function Labels({ view: { pair, seats, href } }: { readonly view: View }) {
  return (
    <>
      {pair.labelled.map(({ model, labels, quotes }) => (
        <section class="labelled" key={model} aria-label={`Labels of ${model}`}>
          <p>
            {formatPlainText(model, 100)} labels it: <strong>{formatPlainText(labels, 200)}</strong>
          </p>
          <ul>
            {quotes.map(({ message, from, text }, index) => (
              <li key={index}>
                <Seat name={from} seats={seats} />:{' '}
                {/* Chromium gives a click on a quotation mark in a link to what is around the link. */}
                <q>
                  <a href={href({ tab: 'conversation', message: String(message), step: undefined })}>
                    {formatPlainText(text, 400)}
                  </a>
                </q>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Figures({ pair }: { readonly pair: PairDocument }) {
  const { row, merge, communication: talk } = pair;
  const hasMerge = row.judged === 'merge' && pair.lanes.length > 1;
  const merged =
    merge && `${merge.status}${merge.strategy && merge.status !== 'clean' ? `, ${merge.strategy}` : ''}`;
  const figures: (readonly [string, string, string?])[] = [
    ['Time', time(row.seconds)],
    ['Cost', cost(row.cost)],
    ['Steps', formatWhole(row.steps)],
    ...(hasMerge
      ? ([
          ['Merge', merged ?? 'n/a', formatPolicies(merge)],
          ['Messages', formatWhole(talk.messages), formatTalkProblems(talk)],
        ] as const)
      : []),
    ...(hasMerge && talk.steps > 0
      ? ([
          [
            'Talk',
            `${share(talk.communication_steps, talk.steps)} of steps`,
            `${share(talk.communication_tokens, talk.tokens)} of tokens, ${
              talk.communication_cost === null || talk.cost === null
                ? 'cost unknown'
                : `${share(talk.communication_cost, talk.cost)} of cost`
            }`,
          ],
        ] as const)
      : []),
  ];
  return (
    <dl class="figures">
      {figures.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note && <small>{note}</small>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Formats the policy of the verdict, and what the verdict is under others. */
function formatPolicies(merge: PairDocument['merge']): string {
  const otherPolicies = Object.entries(merge?.policies ?? {})
    .filter(([policy]) => policy !== merge?.policy)
    .map(([policy, passed]) => `${policy} ${passed ? 'passes' : 'fails'}`);
  const policy = merge?.only_tested || (merge?.policy ? `policy ${merge.policy}` : '');
  return [policy, ...otherPolicies].filter(Boolean).join(', ');
}

function formatTalkProblems({
  refused,
  unread,
  dropped,
  duplicated,
  to_finished,
  questions,
  unanswered,
}: PairDocument['communication']): string {
  return [
    questions && unanswered && `${unanswered} of ${count(questions, 'question')} unanswered`,
    unread && `${unread} never read`,
    dropped && `${dropped} lost on purpose`,
    duplicated && `${duplicated} doubled on purpose`,
    refused && `${refused} refused`,
    to_finished && `${to_finished} to a finished peer`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** A row for each seat; with the verdict of its patch alone beside that of the merged tree. */
function SeatTable({ view: { pair, seats, href } }: { readonly view: View }) {
  return (
    <Scroll label="Seats">
      <table class="plain seats">
        <thead>
          <tr>
            {['Seat', 'Works on', 'End', 'Alone', 'Merged'].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
            {['Steps', 'Cost', 'Tokens in', 'Tokens out', 'Patch'].map((head) => (
              <th scope="col" class="number" key={head}>
                {head}
              </th>
            ))}
            <th scope="col">Agent and model</th>
          </tr>
        </thead>
        <tbody>
          {pair.lanes.map((lane) => {
            const seatTests = pair.tests.filter(({ scope, seat }) => scope === 'alone' && seat === lane.seat);
            const merged = pair.tests.filter(
              ({ scope, features }) =>
                scope === 'merged' && features.some((feature) => lane.features.includes(feature)),
            );
            return (
              <tr key={lane.seat}>
                <th scope="row">
                  <Seat name={lane.seat} seats={seats} />
                </th>
                <td>
                  {[lane.role, lane.features.map((feature) => `feature ${feature}`).join(', ')]
                    .filter(Boolean)
                    .join(' · ')}
                </td>
                <td>
                  {lane.status || (pair.row.verdict === 'running' ? 'working' : 'not recorded')}
                  {lane.error && <div class="problem">{formatPlainText(lane.error, 200)}</div>}
                </td>
                <td>{seatTests.map((test) => testLink(test, href))}</td>
                <td>{merged.map((test) => testLink(test, href))}</td>
                <td class="number">{formatWhole(lane.steps.length)}</td>
                <td class="number">{cost(getSpent(lane))}</td>
                <td class="number">{formatWhole(lane.input_tokens)}</td>
                <td class="number">{formatWhole(lane.output_tokens)}</td>
                <td class="number">
                  {pair.patches.some(({ seat }) => seat === lane.seat) && (
                    <a href={href({ tab: 'diffs', side: lane.seat, path: undefined })}>
                      {lane.patch_lines === null ? 'patch' : count(lane.patch_lines, 'line')}
                    </a>
                  )}
                </td>
                <td class="model">{[lane.agent, lane.model].filter(Boolean).join(' · ')}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

function testLink(test: PairDocument['tests'][number], href: View['href']) {
  return (
    <a key={test.id} class="test-link" href={href({ tab: 'tests', test: test.id })}>
      <Passed passed={test.passed} />
    </a>
  );
}
