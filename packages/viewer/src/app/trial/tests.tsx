import { useEffect, useRef } from 'preact/hooks';
import { type FailedTest, type TestRun, type TestsDocument, type Text, urls } from '../../data/model.ts';
import { useDocument } from '../documents.ts';
import { Ansi } from '../parts/ansi.tsx';
import { formatWhole } from '../parts/figures.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { Scroll } from '../parts/scroll.tsx';
import { Shown } from '../parts/state.tsx';
import { Flag, Passed, Seat } from '../parts/verdict.tsx';
import { LeftOut } from './trajectory-entry.tsx';
import type { View } from './view.ts';

/** Each feature's tests on the seat's own tree and on the merged one, then every run's output, failing ones first. */
export function Tests({ view }: { readonly view: View }) {
  const { pair, state } = view;
  const loaded = useDocument<TestsDocument>(urls.tests(pair.run, pair.row.id), pair);
  if (pair.tests.length === 0) return <p class="notice">No tests ran: the trial is not evaluated.</p>;
  return (
    <>
      {pair.row.judged === 'merge' && <Matrix view={view} />}
      <Shown of={loaded} what="the output of the tests">
        {({ outputs }) =>
          pair.tests.map((test) => (
            <Run
              key={test.id}
              view={view}
              test={test}
              output={outputs[test.id]}
              wanted={state.test === test.id}
            />
          ))
        }
      </Shown>
    </>
  );
}

function Matrix({ view: { pair, seats, href } }: { readonly view: View }) {
  const merged = pair.tests.filter(({ scope }) => scope === 'merged');
  return (
    <Scroll label="Own tests, on the patch alone and merged">
      <table class="plain">
        <caption>Own tests, on the patch alone and merged</caption>
        <thead>
          <tr>
            <th scope="col">Feature</th>
            <th scope="col">Seat</th>
            <th scope="col">Alone</th>
            <th scope="col">Merged</th>
            <th scope="col">
              <span class="hidden">Meaning</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {pair.row.features.map((feature) => {
            const seatTest = pair.tests.find(
              ({ scope, features }) => scope === 'alone' && features.includes(feature),
            );
            const mergedTest = merged.find(({ features }) => features.includes(feature));
            return (
              <tr key={feature}>
                <th scope="row">feature {feature}</th>
                <td>{seatTest?.seat && <Seat name={seatTest.seat} seats={seats} />}</td>
                <td>{seatTest && <TestCell test={seatTest} href={href} />}</td>
                <td>{mergedTest && <TestCell test={mergedTest} href={href} />}</td>
                <td>
                  {seatTest?.passed && mergedTest && !mergedTest.passed && (
                    <Flag bad>
                      {pair.merge?.status === 'clean' ? 'semantic conflict' : 'lost in the merge'}
                    </Flag>
                  )}
                  {seatTest && !seatTest.passed && mergedTest?.passed && <Flag>repaired by the merge</Flag>}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

function TestCell({ test, href }: { test: TestRun; href: View['href'] }) {
  return (
    <a class="test-link" href={href({ test: test.id })}>
      <Passed passed={test.passed} /> <span class="muted">{formatCounts(test)}</span>
    </a>
  );
}

function formatCounts({ tests_passed: passed, tests_failed: failed }: TestRun): string {
  return `${formatWhole(passed)} passed, ${formatWhole(failed)} failed`;
}

interface RunProps {
  readonly view: View;
  readonly test: TestRun;
  readonly output: Text | undefined;
  readonly wanted: boolean;
}

function Run({ view, test, output, wanted }: RunProps) {
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (!wanted || !details.current) return;
    details.current.open = true;
    details.current.scrollIntoView({ block: 'start' });
  }, [wanted]);
  const { scope, seat, features, failing, missing_tests: missing, error } = test;
  const names = features.map((feature) => `feature ${feature}`).join(', ');
  return (
    <details class="file test" ref={details} open={wanted || !test.passed}>
      <summary>
        <Passed passed={test.passed} />
        <span class="path">
          {names}{' '}
          {scope === 'alone' ? (
            <>
              with the patch of <Seat name={seat ?? ''} seats={view.seats} /> alone
            </>
          ) : view.pair.merge?.only_tested ? (
            "on the tree of the first seat's patch"
          ) : view.pair.row.judged === 'merge' ? (
            'on the merged tree'
          ) : (
            'on the tree'
          )}
        </span>
        <span class="muted">
          {formatCounts(test)}
          {test.exit_code !== null && `, exit code ${test.exit_code}`}
        </span>
        {test.timed_out && <Flag bad>timed out</Flag>}
        {test.unrecognised && <Flag>no summary recognised</Flag>}
        {test.framework_patched && <Flag bad>test framework patched</Flag>}
        {missing.length > 0 && <Flag bad>{`${missing.length} tests did not run`}</Flag>}
      </summary>
      {failing.length > 0 && (
        <ul class="failing" aria-label="Failing tests">
          {failing.map((failedTest) => (
            <Failed key={failedTest.name} view={view} test={failedTest} />
          ))}
        </ul>
      )}
      {error && <p class="problem">{formatPlainText(error, 1000)}</p>}
      {missing.length > 0 && (
        <details>
          <summary>Tests that did not run</summary>
          <ul>
            {missing.slice(0, 200).map((name) => (
              <li key={name}>{formatPlainText(name)}</li>
            ))}
          </ul>
        </details>
      )}
      {output && output.text !== '' && <Ansi text={output.text} />}
      {output && <LeftOut of={output} />}
      {!output?.text && <p class="muted">No output.</p>}
    </details>
  );
}

/** A failing test, with links to the changes that it points to and to the steps that wrote them. */
function Failed({ view: { seats, href }, test }: { readonly view: View; readonly test: FailedTest }) {
  const { name, message, places, suspects } = test;
  return (
    <li>
      <strong>{formatPlainText(name) || 'The run ended before its tests'}</strong>
      {message && <p>{formatPlainText(message, 1000)}</p>}
      {places[0] && <p class="muted">at {formatPlainText(places.slice(0, 3).join(', '), 300)}</p>}
      {suspects.map(({ path, line, why, text, writers }) => (
        <p key={`${path}:${line}`}>
          {why === 'trace' ? 'The trace goes through ' : 'A name of the message changed in '}
          <a href={href({ tab: 'diffs', side: writers[0]?.seat ?? 'merged', path })}>
            {formatPlainText(path, 100)}:{line}
          </a>{' '}
          <code>{formatPlainText(text, 200)}</code>
          {writers.map(({ seat, step }) => (
            <span key={seat}>
              {' '}
              of <Seat name={seat} seats={seats} />
              {step !== null && (
                <>
                  {', '}
                  <a href={href({ tab: undefined, step: `${seat}:${step}`, message: undefined })}>
                    step {step}
                  </a>
                </>
              )}
            </span>
          ))}
        </p>
      ))}
    </li>
  );
}
