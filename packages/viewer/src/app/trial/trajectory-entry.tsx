import { count } from '@cooperbench/command/figures';
import type { Text, TrajectoryMessage } from '../../data/model.ts';
import { Ansi } from '../parts/ansi.tsx';
import { clockText } from '../parts/clock.ts';
import { cost, whole } from '../parts/figures.ts';
import { useHighlight } from '../parts/highlight.tsx';
import { TextBlock } from '../parts/text-block.tsx';

/** One message of a trajectory. */
export function TrajectoryEntry({ entry }: { readonly entry: TrajectoryMessage }) {
  const { index, role, name, seconds, tool_calls: calls } = entry;
  const used = [
    entry.cost !== null && cost(entry.cost),
    entry.input_tokens !== null && `${whole(entry.input_tokens)} tokens in`,
    entry.output_tokens !== null && `${whole(entry.output_tokens)} out`,
  ].filter(Boolean);
  return (
    <article class={`entry is-${['system', 'user', 'assistant', 'tool'].includes(role) ? role : 'other'}`}>
      <header>
        <strong>{role}</strong>
        {name && <span>{name}</span>}
        <span class="muted">
          #{index}
          {seconds !== null && ` · ${clockText(seconds)}`}
          {entry.answers && ` · answers ${entry.answers.name} of #${entry.answers.message}`}
          {used.length > 0 && ` · ${used.join(', ')}`}
        </span>
      </header>
      {entry.text !== '' &&
        (role === 'tool' || role === 'user' ? <Ansi text={entry.text} /> : <p class="words">{entry.text}</p>)}
      <LeftOut of={entry} />
      {calls.map((call, at) => (
        <div class="call" key={at}>
          <span class="muted">{call.name}</span>
          <Command text={call.arguments.text} />
          <LeftOut of={call.arguments} />
        </div>
      ))}
    </article>
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
