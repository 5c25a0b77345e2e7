import type { SharedFile } from '../../data/model.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { TextBlock } from '../parts/text-block.tsx';
import { Flag, Kept, Seat } from '../parts/verdict.tsx';
import { wholeClock } from './span.ts';
import type { View } from './view.ts';

/** What seats said in messages that they would do to a file. Beside a seat's own patch, what that seat said. */
export function Promises({
  path,
  side,
  view: { pair, seats, href },
}: {
  path: string;
  side: string;
  view: View;
}) {
  const seatPromises = pair.promises.filter(
    ({ seat, files }) => (side === 'merged' || seat === side) && files.some((file) => file.path === path),
  );
  return (
    <>
      {seatPromises.map(({ seat, sentence, kept, message }, index) => (
        <p class="promise" key={index}>
          <Kept kept={kept} /> <Seat name={seat} seats={seats} />:{' '}
          <q>
            <a href={href({ tab: 'conversation', message: String(message), step: undefined })}>
              {formatPlainText(sentence)}
            </a>
          </q>
        </p>
      ))}
    </>
  );
}

/** A file that conflicts and is not in the merged diff. */
export function Conflict({ path, file, view }: { path: string; file: SharedFile | undefined; view: View }) {
  return (
    <div class="file closed">
      <p>
        <span class="path">{path}</span> <Flag bad>conflict</Flag>
      </p>
      <Promises path={path} side="merged" view={view} />
      <Collisions file={file} view={view} />
    </div>
  );
}

/** The places that several patches change, each linked to the steps that wrote it. */
export function Collisions({ file, view }: { file: SharedFile | undefined; view: View }) {
  if (file === undefined || file.collisions.length === 0) return null;
  const { collisions, conflict } = file;
  return (
    <details class="collisions" open={conflict}>
      <summary>
        {collisions.length === 1 ? 'One place' : `${collisions.length} places`} that several patches change
      </summary>
      {collisions.map(({ start, end, hunks }) => (
        <div key={`${start}-${end}`}>
          <p class="muted">
            {end > start ? `Lines ${start} to ${end} of the base` : `Line ${start} of the base`}
          </p>
          <div class="hunks">
            {hunks.map(({ seat, step, added, removed }, index) => (
              <div key={index}>
                <p>
                  <Seat name={seat} seats={view.seats} />{' '}
                  {step === null ? (
                    <span class="muted">step not found</span>
                  ) : (
                    <a
                      href={view.href({
                        tab: undefined,
                        step: `${seat}:${step}`,
                        message: undefined,
                        ...wholeClock,
                      })}
                    >
                      step {step}
                    </a>
                  )}
                </p>
                <TextBlock>
                  {[...removed.map((line) => ['del', line]), ...added.map((line) => ['ins', line])].map(
                    ([kind, line], lineIndex) =>
                      kind === 'del' ? (
                        <del key={lineIndex}>{`− ${line}\n`}</del>
                      ) : (
                        <ins key={lineIndex}>{`+ ${line}\n`}</ins>
                      ),
                  )}
                </TextBlock>
              </div>
            ))}
          </div>
        </div>
      ))}
    </details>
  );
}
