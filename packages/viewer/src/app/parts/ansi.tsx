// biome-ignore-all lint/suspicious/noControlCharactersInRegex: Control characters are what it removes.
import Anser from 'anser';
import { useMemo } from 'preact/hooks';
import { TextBlock } from './text-block.tsx';

/** Output of a terminal: colours become classes, every other control sequence disappears. */
export function Ansi({ text }: { readonly text: string }) {
  const parts = useMemo(() => listAnsiParts(text), [text]);
  return (
    <TextBlock>
      {parts.map(({ content, classes }, index) =>
        classes ? (
          <span key={index} class={classes}>
            {content}
          </span>
        ) : (
          content
        ),
      )}
    </TextBlock>
  );
}

export interface AnsiPart {
  readonly content: string;
  readonly classes: string;
}

const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g;
// Operating system commands (titles, links) and sequences that move the cursor.
const otherSequences =
  /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\[[0-9;?]*[A-HJ-la-ln-z]|[()][A-Z0-9]|[=>78cM])/g;

/** Splits a text at its colours. A line that a carriage return overwrites shows its last state. */
export function listAnsiParts(text: string): AnsiPart[] {
  const lines = text.split('\n').map(formatLastState).join('\n');
  const clean = lines.replaceAll(otherSequences, '').replaceAll(controls, '');
  return Anser.ansiToJson(clean, { use_classes: true, json: true, remove_empty: true }).map(
    ({ content, fg, bg, decorations }) => ({
      content,
      classes: [
        getColourClass(fg, 'fg'),
        getColourClass(bg, 'bg'),
        ...(decorations ?? []).map((decoration) => `ansi-${decoration}`),
      ]
        .filter(Boolean)
        .join(' '),
    }),
  );
}

/** Returns what a line shows after its last carriage return. A loop, because a pattern takes quadratic time for a long line. */
function formatLastState(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

/** The 16 named colours have styles; the others keep the colour of the text, which is always readable. */
function getColourClass(colour: string | null, layer: 'fg' | 'bg'): string {
  return colour && /^ansi-(?:bright-)?[a-z]+$/.test(colour) ? `${colour}-${layer}` : '';
}
