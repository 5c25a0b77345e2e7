import { count } from '@cooperbench/command/figures';
import type { Text, TrajectoryMessage } from '../../data/model.ts';
import { Ansi } from '../parts/ansi.tsx';
import { formatClockText } from '../parts/clock.ts';
import { cost, formatWhole } from '../parts/figures.ts';
import { useHighlight } from '../parts/highlight.tsx';
import { formatPlainText } from '../parts/plain-text.ts';
import { TextBlock } from '../parts/text-block.tsx';

interface Props {
  readonly entry: TrajectoryMessage;
  /** Outputs of tools show their first line only, until they are opened. */
  readonly isFolded?: boolean;
  readonly hidesThought?: boolean;
}

/** One message of a trajectory. */
export function TrajectoryEntry({ entry, isFolded = false, hidesThought = false }: Props) {
  const { index, role, name, seconds, thought, text, tool_calls: calls } = entry;
  const figures = [
    entry.cost !== null && cost(entry.cost),
    entry.input_tokens !== null && `${formatWhole(entry.input_tokens)} tokens in`,
    entry.output_tokens !== null && `${formatWhole(entry.output_tokens)} out`,
  ].filter(Boolean);
  return (
    <article class={`entry is-${['system', 'user', 'assistant', 'tool'].includes(role) ? role : 'other'}`}>
      <header>
        <strong>{role}</strong>
        {name && <span>{name}</span>}
        <span class="muted">
          #{index}
          {seconds !== null && ` · ${formatClockText(seconds)}`}
          {entry.answers && ` · answers ${entry.answers.name} of #${entry.answers.message}`}
          {figures.length > 0 && ` · ${figures.join(', ')}`}
        </span>
      </header>
      {thought !== null && !hidesThought && (
        <div class="thought">
          <span class="muted">thought</span>
          <p class="words" dir="auto">
            {thought.text}
          </p>
          <LeftOut of={thought} />
        </div>
      )}
      {text === '' ? null : role === 'tool' ? (
        <Output key={String(isFolded)} text={text} isFolded={isFolded} />
      ) : role === 'user' ? (
        <Ansi text={text} />
      ) : (
        <p class="words" dir="auto">
          {text}
        </p>
      )}
      <LeftOut of={entry} />
      {calls.map((call, callIndex) => (
        <div class="call" key={callIndex}>
          <span class="muted">{call.name}</span>
          <Command text={call.arguments.text} />
          <LeftOut of={call.arguments} />
        </div>
      ))}
    </article>
  );
}

function Output({ text, isFolded }: { readonly text: string; readonly isFolded: boolean }) {
  const lines = text.trimEnd().split('\n').length;
  return (
    <details class="output" open={!isFolded}>
      <summary class="muted">
        {count(lines, 'line')}
        <span class="first">: {formatPlainText(text, 120)}</span>
      </summary>
      <Ansi text={text} />
    </details>
  );
}

function Command({ text }: { readonly text: string }) {
  const highlight = useHighlight('bash');
  return (
    <TextBlock>
      <code>{highlight(text)}</code>
    </TextBlock>
  );
}

/** Says that a text has been cut. */
export function LeftOut({ of: { left_out: leftOut } }: { readonly of: Text }) {
  if (leftOut === 0) return null;
  return <p class="muted">{count(leftOut, 'more character')}: the file of the run has all.</p>;
}
