import type { FileTouch, SharedFile } from '../../data/model.ts';
import { formatClockText } from '../parts/clock.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { Scroll } from '../parts/scroll.tsx';
import { Flag, Seat } from '../parts/verdict.tsx';
import { wholeClock } from './span.ts';
import type { View } from './view.ts';

/** Which seat touched which file when, those that several change first. */
export function Files({ view }: { readonly view: View }) {
  const { pair, seats, href } = view;
  if (pair.files.length === 0) return <p class="notice">No patch changes a file.</p>;
  const files = [...pair.files].sort((left, right) => computeWeight(right) - computeWeight(left));
  return (
    <Scroll label="Files">
      <table class="plain files">
        <caption>First touch: the first step whose command names the file</caption>
        <thead>
          <tr>
            <th scope="col">File</th>
            {seats.map((seat) => (
              <th scope="col" key={seat}>
                <Seat name={seat} seats={seats} />
              </th>
            ))}
            <th scope="col">Together</th>
          </tr>
        </thead>
        <tbody>
          {files.map((file) => (
            <tr key={file.path}>
              <th scope="row" class="path">
                {formatPlainText(file.path)}
              </th>
              {seats.map((seat) => (
                <td key={seat}>
                  <Touch seat={seat} touch={file.seats[seat]} path={file.path} view={view} />
                </td>
              ))}
              <td>
                {file.conflict ? (
                  <a href={href({ tab: 'diffs', side: 'merged', path: file.path })}>
                    <Flag bad>conflict</Flag>
                  </a>
                ) : (
                  file.overlap && <Flag>several change it</Flag>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function computeWeight({ conflict, overlap }: SharedFile): number {
  return Number(conflict) * 2 + Number(overlap);
}

interface TouchProps {
  readonly seat: string;
  readonly touch: FileTouch | undefined;
  readonly path: string;
  readonly view: View;
}

function Touch({ seat, touch, path, view: { pair, href } }: TouchProps) {
  if (!touch || (touch.first_step === null && !touch.in_patch)) return <span class="muted">never</span>;
  const stat = pair.patches.find((patch) => patch.seat === seat)?.files.find((file) => file.path === path);
  return (
    <>
      {touch.first_step === null ? (
        <span class="muted">step not found</span>
      ) : (
        <a
          href={href({
            tab: undefined,
            step: `${seat}:${touch.first_step}`,
            message: undefined,
            at: touch.first_seconds?.toFixed(3),
            ...wholeClock,
          })}
        >
          step {touch.first_step}
          {touch.first_seconds !== null && `, ${formatClockText(touch.first_seconds)}`}
        </a>
      )}{' '}
      {touch.in_patch ? (
        <a href={href({ tab: 'diffs', side: seat, path })} class="stat">
          <ins>+{stat?.added ?? '?'}</ins> <del>−{stat?.removed ?? '?'}</del>
        </a>
      ) : (
        <span class="muted">not in its patch</span>
      )}
    </>
  );
}
