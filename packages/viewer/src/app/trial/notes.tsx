import { useState } from 'preact/hooks';
import type { PairDocument } from '../../data/model.ts';
import { DocumentError, isExport, postNote } from '../documents.ts';
import { formatPlainText, printable } from '../parts/plain-text.ts';

/** What people say about the trial, and a form to add to it. An export has no form. */
export function Notes({ pair }: { readonly pair: PairDocument }) {
  const { notes, row } = pair;
  const isWritable = !isExport() && row.verdict !== 'running';
  if (notes.length === 0 && !isWritable) return null;
  return (
    <details class="notes" open={notes.length > 0}>
      <summary>Notes{notes.length > 0 && ` (${notes.length})`}</summary>
      {notes.map(({ by, at, text, labels }, index) => (
        <p key={index} dir="auto">
          <strong>{formatPlainText(by, 100)}</strong>{' '}
          <small>{formatPlainText(at.slice(0, 16).replace('T', ' '), 20)}</small>
          {labels && (
            <>
              {' '}
              labels it: <strong>{labels.join(', ') || 'none'}</strong>
            </>
          )}
          {text !== '' && <span class="text">{printable(text)}</span>}
        </p>
      ))}
      {isWritable && <NoteForm pair={pair} />}
    </details>
  );
}

/** Labels count in the order in which they are chosen. */
function NoteForm({ pair: { run, row, note_labels: names } }: { readonly pair: PairDocument }) {
  const [text, setText] = useState('');
  const [author, setBy] = useState('');
  const [labels, setLabels] = useState<readonly string[]>([]);
  const [failure, setFailure] = useState('');
  const choose = (name: string): void => {
    const otherLabels = labels.filter((label) => label !== name && label !== 'none' && name !== 'none');
    setLabels(labels.includes(name) ? otherLabels : [...otherLabels, name]);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await postNote({ run, trial: row.id, note: { text, by: author, labels } });
      setText('');
      setLabels([]);
      setFailure('');
    } catch (error) {
      if (!(error instanceof DocumentError)) throw error;
      setFailure([error.message, error.hint].filter(Boolean).join(' '));
    }
  };
  return (
    <form class="note" onSubmit={(event) => void submit(event)}>
      <label>
        Note
        <textarea
          rows={3}
          maxLength={10_000}
          dir="auto"
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {names.length > 0 && (
        <fieldset>
          <legend>Labels, the main one first</legend>
          {names.map((name) => (
            <label key={name}>
              <input type="checkbox" checked={labels.includes(name)} onChange={() => choose(name)} />
              {name}
              {labels.length > 1 && labels.includes(name) && ` (${labels.indexOf(name) + 1})`}
            </label>
          ))}
        </fieldset>
      )}
      <label>
        Your name
        <input
          type="text"
          maxLength={100}
          placeholder="user of this machine"
          value={author}
          onInput={({ currentTarget }) => setBy(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={text.trim() === '' && labels.length === 0}>
        Add the note
      </button>
      {failure !== '' && (
        <p class="problem" role="alert">
          {failure}
        </p>
      )}
    </form>
  );
}
