import { Fragment } from 'preact';
import { useMemo } from 'preact/hooks';
import { type DiffsDocument, type Text, urls } from '../../data/model.ts';
import { useDocument } from '../documents.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { type DiffFile, findDiffFiles } from '../parts/diff-rows.ts';
import { DiffFileView } from '../parts/diff-view.tsx';
import { FileTree } from '../parts/file-tree.tsx';
import { formatPlainText, isUnchanged } from '../parts/plain-text.ts';
import { getSeatClass } from '../parts/seat-class.ts';
import { Shown } from '../parts/state.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { Flag, Passed, Seat } from '../parts/verdict.tsx';
import { Collisions, Conflict, Promises } from './collisions.tsx';
import { buildWriters } from './provenance.ts';
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
  const side = sides.find((sideName) => sideName === state.side) ?? (conflicts > 0 ? 'merged' : sides[0]);
  const patches = useMemo(
    () =>
      new Map(
        diffs.patches.map(({ seat, files }) => [
          seat,
          files.flatMap(({ text }) => findDiffFiles(text) ?? []),
        ]),
      ),
    [diffs],
  );
  const texts = side === 'merged' ? diffs.merged : diffs.patches.find(({ seat }) => seat === side)?.files;
  return (
    <>
      <nav class="sides" aria-label="Patches">
        {sides.map((sideName) => (
          <a
            key={sideName}
            href={href({ side: sideName, path: undefined })}
            aria-current={sideName === side ? 'true' : undefined}
          >
            {sideName === 'merged' ? 'merged' : <Seat name={sideName} seats={seats} />}
            {sideName === 'merged' && conflicts > 0 && <span class="count">{conflicts} conflicts</span>}
          </a>
        ))}
      </nav>
      {side === 'merged' && <MergeNote view={view} />}
      {side !== undefined && texts && (
        <Side key={side} view={view} side={side} texts={texts} patches={patches} />
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
  readonly texts: readonly Text[];
  readonly patches: ReadonlyMap<string, readonly DiffFile[]>;
}

function Side({ view, side, texts, patches }: SideProps) {
  const { pair, state, seats, adjust } = view;
  const files = useMemo(() => listShownFiles(texts), [texts]);
  const sharedFiles = new Map(pair.files.map((file) => [file.path, file]));
  const countConflicts = ({ file }: ShownFile): number =>
    Number(sharedFiles.get(file?.path ?? '')?.conflict ?? false);
  const sorted = files.toSorted((left, right) => countConflicts(right) - countConflicts(left));
  const patch = pair.patches.find(({ seat }) => seat === side);
  const droppedFiles = pair.dropped.filter(({ seat }) => seat === side);
  const unmerged = (side === 'merged' ? (pair.merge?.conflicts ?? []) : []).filter(
    (path) => !files.some(({ file }) => file?.path === path),
  );
  return (
    <>
      {patch?.state === 'missing' && <p class="notice">The patch is missing.</p>}
      {patch?.state === 'empty' && <p class="notice">The patch is empty: the seat submitted nothing.</p>}
      {patch?.applied === 'failed' && (
        <p class="notice problem">The patch does not apply to the base commit.</p>
      )}
      {side === 'merged' && texts.length === 0 && <p class="notice">Nothing was merged.</p>}
      {droppedFiles.length > 0 && (
        <details class="notice">
          <summary>Evaluation dropped {droppedFiles.length} of its files</summary>
          <ul>
            {droppedFiles.map(({ path, rule }) => (
              <li key={path}>
                {path} ({rule})
              </li>
            ))}
          </ul>
        </details>
      )}
      {unmerged.map((path) => (
        <Conflict key={path} path={path} file={sharedFiles.get(path)} view={view} />
      ))}
      {files.length > 0 && (
        <div class="filters">
          <label class="tick">
            <input
              type="checkbox"
              checked={state.view === 'split'}
              onChange={(event) => adjust({ view: event.currentTarget.checked ? 'split' : undefined })}
            />
            <span>old and new side by side</span>
          </label>
          {texts.every(isUnchanged) ? (
            <CopyButton what="the whole patch" text={texts.map(({ text }) => text).join('')} />
          ) : (
            <span class="muted">Only the file of the run has the whole patch.</span>
          )}
        </div>
      )}
      <div class={files.length > 1 ? 'with-tree' : ''}>
        {files.length > 1 && (
          <FileTree
            files={sorted.flatMap(({ file }) => file ?? [])}
            wanted={state.path}
            href={(path) => view.href({ path })}
          />
        )}
        <div>
          {sorted.map(({ text, file, isOpen }, index) => (
            <Fragment key={index}>
              {file === null ? (
                <TextBlock>{text.text}</TextBlock>
              ) : (
                <DiffFileView
                  file={file}
                  wanted={state.path === file.path}
                  isOpen={isOpen}
                  isSplit={state.view === 'split'}
                  flags={
                    <>
                      {sharedFiles.get(file.path)?.conflict && <Flag bad>conflict</Flag>}
                      {sharedFiles.get(file.path)?.overlap && !sharedFiles.get(file.path)?.conflict && (
                        <Flag>changed by several</Flag>
                      )}
                    </>
                  }
                  mark={side === 'merged' ? markOf(file, patches, seats) : undefined}
                >
                  {isUnchanged(text) && (
                    <CopyButton what={`the patch of ${formatPlainText(file.path)}`} text={text.text} />
                  )}
                  <Promises path={file.path} side={side} view={view} />
                  <Collisions file={sharedFiles.get(file.path)} view={view} />
                </DiffFileView>
              )}
              <LeftOut of={text} />
            </Fragment>
          ))}
        </div>
      </div>
    </>
  );
}

interface ShownFile {
  readonly text: Text;
  /** It is null if it is not a unified diff, so only its text can be shown. */
  readonly file: DiffFile | null;
  readonly isOpen: boolean;
}

/** A file with more changed lines starts closed, and so do those after this many lines. */
const [maxPerFile, maxOpen] = [600, 3000];

function listShownFiles(texts: readonly Text[]): ShownFile[] {
  let lines = 0;
  // A text without lines of git may have several files.
  const allFiles = texts.flatMap((text): Pick<ShownFile, 'text' | 'file'>[] => {
    const [first = null, ...otherFiles] = findDiffFiles(text.text) ?? [];
    return [{ text, file: first }, ...otherFiles.map((file) => ({ text: { text: '', left_out: 0 }, file }))];
  });
  return allFiles.map(({ text, file }) => {
    const lineCount = file ? file.added + file.removed : 0;
    const isSmall = lineCount <= maxPerFile;
    lines += isSmall ? lineCount : 0;
    return { text, file, isOpen: isSmall && lines <= maxOpen };
  });
}

/** Marks an added line of the merge with the seats whose patch adds it. */
function markOf(file: DiffFile, patches: SideProps['patches'], seats: readonly string[]) {
  const writers = buildWriters(file.path, patches);
  return (line: string) => {
    const lineWriters = writers(line);
    const [onlyWriter] = lineWriters;
    if (onlyWriter === undefined) return null;
    return {
      label: lineWriters.map((seat) => seat.replace(/^agent/, '')).join('+'),
      kind: lineWriters.length === 1 ? getSeatClass(onlyWriter, seats) : 'several',
    };
  };
}
