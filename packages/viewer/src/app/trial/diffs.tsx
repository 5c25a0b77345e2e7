import { useMemo } from 'preact/hooks';
import { type DiffsDocument, type SharedFile, type Text, urls } from '../../data/model.ts';
import { useDocument } from '../documents.ts';
import { type DiffFile, diffFiles } from '../parts/diff-rows.ts';
import { DiffFileView } from '../parts/diff-view.tsx';
import { plainText } from '../parts/plain-text.ts';
import { Shown } from '../parts/state.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { Flag, Kept, Passed, Seat } from '../parts/verdict.tsx';
import { writersOf } from './provenance.ts';
import { wholeClock } from './span.ts';
import { LeftOut } from './trajectory-entry.tsx';
import type { View } from './view.ts';

/** The patch of each seat, and the merge with its conflicts. */
export function Diffs({ view }: { readonly view: View }) {
  const { pair } = view;
  const loaded = useDocument<DiffsDocument>(urls.diffs(pair.run, pair.row.id), pair);
  return (
    <Shown of={loaded} what="the diffs">
      {(diffs) => <Sides view={view} diffs={diffs} />}
    </Shown>
  );
}

function Sides({ view, diffs }: { view: View; diffs: DiffsDocument }) {
  const { pair, seats, state, href } = view;
  const sides = [...diffs.patches.map(({ seat }) => seat), ...(diffs.merged ? ['merged'] : [])];
  const conflicts = pair.merge?.conflicts.length ?? 0;
  const side = sides.find((one) => one === state.side) ?? (conflicts > 0 ? 'merged' : sides[0]);
  const patches = useMemo(
    () => new Map(diffs.patches.map(({ seat, text }) => [seat, diffFiles(text) ?? []] as const)),
    [diffs],
  );
  const text = side === 'merged' ? diffs.merged : diffs.patches.find(({ seat }) => seat === side);
  return (
    <>
      <nav class="sides" aria-label="Patches">
        {sides.map((one) => (
          <a
            key={one}
            href={href({ side: one, path: undefined })}
            aria-current={one === side ? 'true' : undefined}
          >
            {one === 'merged' ? 'merged' : <Seat name={one} seats={seats} />}
            {one === 'merged' && conflicts > 0 && <span class="count">{conflicts} conflicts</span>}
          </a>
        ))}
      </nav>
      {side === 'merged' && <MergeNote view={view} />}
      {side !== undefined && text && (
        <Side key={side} view={view} side={side} text={text} patches={patches} />
      )}
    </>
  );
}

function MergeNote({ view: { pair } }: { readonly view: View }) {
  const { merge } = pair;
  if (!merge) return null;
  return (
    <p>
      Merge: <strong>{merge.status}</strong>
      {merge.strategy && merge.status !== 'clean' && `, resolved by ${merge.strategy}`}
      {merge.policy && ` (policy ${merge.policy})`}.{' '}
      {Object.entries(merge.policies).map(([policy, passed]) => (
        <span key={policy}>
          <Passed passed={passed}>{`under ${policy}`}</Passed>{' '}
        </span>
      ))}
      Each added line names the seats whose patch adds it.
    </p>
  );
}

interface SideProps {
  readonly view: View;
  readonly side: string;
  readonly text: Text;
  readonly patches: ReadonlyMap<string, readonly DiffFile[]>;
}

function Side({ view, side, text, patches }: SideProps) {
  const { pair, state, seats } = view;
  const files = useMemo(() => diffFiles(text.text), [text.text]);
  const conflicts = (file: DiffFile): number => Number(shared.get(file.path)?.conflict ?? false);
  const patch = pair.patches.find(({ seat }) => seat === side);
  const dropped = pair.dropped.filter(({ seat }) => seat === side);
  const shared = new Map(pair.files.map((file) => [file.path, file]));
  const unmerged = (side === 'merged' ? (pair.merge?.conflicts ?? []) : []).filter(
    (path) => !files?.some((file) => file.path === path),
  );
  return (
    <>
      {patch?.state === 'missing' && <p class="notice">The patch is missing.</p>}
      {patch?.state === 'empty' && <p class="notice">The patch is empty: the seat submitted nothing.</p>}
      {patch?.applied === 'failed' && (
        <p class="notice problem">The patch does not apply to the base commit.</p>
      )}
      {side === 'merged' && text.text === '' && <p class="notice">Nothing was merged.</p>}
      {dropped.length > 0 && (
        <details class="notice">
          <summary>Evaluation dropped {dropped.length} of its files</summary>
          <ul>
            {dropped.map(({ path, rule }) => (
              <li key={path}>
                {path} ({rule})
              </li>
            ))}
          </ul>
        </details>
      )}
      {unmerged.map((path) => (
        <Conflict key={path} path={path} file={shared.get(path)} view={view} />
      ))}
      {files === null ? (
        <TextBlock>{text.text}</TextBlock>
      ) : (
        files
          .toSorted((one, other) => conflicts(other) - conflicts(one))
          .map((file) => {
            const known = shared.get(file.path);
            const writers = side === 'merged' ? writersOf(file.path, patches) : null;
            return (
              <DiffFileView
                key={file.path}
                file={file}
                wanted={state.path === file.path}
                flags={
                  <>
                    {known?.conflict && <Flag bad>conflict</Flag>}
                    {known?.overlap && !known.conflict && <Flag>changed by several</Flag>}
                  </>
                }
                mark={
                  writers === null
                    ? undefined
                    : (line) => {
                        const found = writers(line);
                        if (found.length === 0) return null;
                        const [only] = found;
                        const index = seats.indexOf(only ?? '');
                        return {
                          label: found.map((seat) => seat.replace(/^agent/, '')).join('+'),
                          kind: found.length === 1 ? `seat-${index % 4}` : 'several',
                        };
                      }
                }
              >
                <Promises path={file.path} side={side} view={view} />
                {known && <Collisions file={known} view={view} />}
              </DiffFileView>
            );
          })
      )}
      <LeftOut of={text} />
    </>
  );
}

/** What seats said in messages that they would do to a file. Beside a seat's own patch, what that seat said. */
function Promises({ path, side, view: { pair, seats, href } }: { path: string; side: string; view: View }) {
  const own = pair.promises.filter(
    ({ seat, files }) => (side === 'merged' || seat === side) && files.some((file) => file.path === path),
  );
  return (
    <>
      {own.map(({ seat, sentence, kept, message }, index) => (
        <p class="promise" key={index}>
          <Kept kept={kept} /> <Seat name={seat} seats={seats} />:{' '}
          <q>
            <a href={href({ tab: 'conversation', message: String(message), step: undefined })}>
              {plainText(sentence)}
            </a>
          </q>
        </p>
      ))}
    </>
  );
}

/** A file that conflicts and is not in the merged diff. */
function Conflict({ path, file, view }: { path: string; file: SharedFile | undefined; view: View }) {
  return (
    <div class="file closed">
      <p>
        <span class="path">{path}</span> <Flag bad>conflict</Flag>
      </p>
      <Promises path={path} side="merged" view={view} />
      {file && <Collisions file={file} view={view} />}
    </div>
  );
}

/** The places that several patches change, each linked to the steps that wrote it. */
function Collisions({ file: { collisions, conflict }, view }: { file: SharedFile; view: View }) {
  if (collisions.length === 0) return null;
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
                    ([kind, line], at) =>
                      kind === 'del' ? (
                        <del key={at}>{`− ${line}\n`}</del>
                      ) : (
                        <ins key={at}>{`+ ${line}\n`}</ins>
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
