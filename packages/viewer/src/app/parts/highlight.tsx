import type { ComponentChild } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { runAppScript } from '../documents.ts';

/** The tree of highlighted code, as far as it is used here. */
interface Node {
  readonly type: string;
  readonly value?: string;
  readonly properties?: { readonly className?: readonly string[] };
  readonly children?: readonly Node[];
}

type Highlight = (language: string, code: string) => Node;

let highlighter: Promise<Highlight | undefined> | undefined;

async function loadHighlighter(): Promise<Highlight | undefined> {
  try {
    await runAppScript('highlight.js');
  } catch {
    // Code without colours is still code.
    return undefined;
  }
  return (globalThis as { cooperbenchHighlight?: Highlight }).cooperbenchHighlight;
}

const languages: Readonly<Record<string, string>> = {
  ...{
    bash: 'bash',
    sh: 'bash',
    c: 'cpp',
    cc: 'cpp',
    cpp: 'cpp',
    h: 'cpp',
    hpp: 'cpp',
    go: 'go',
    java: 'java',
  },
  ...{
    js: 'javascript',
    cjs: 'javascript',
    mjs: 'javascript',
    jsx: 'javascript',
    json: 'json',
    py: 'python',
  },
  ...{ rs: 'rust', ts: 'typescript', tsx: 'typescript', mts: 'typescript', yaml: 'yaml', yml: 'yaml' },
};

/** Finds the language of a file, by its name. */
export function findLanguage(path: string): string | undefined {
  return languages[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
}

/** Longer code stays plain: colouring it would block the page. */
const maxCharacters = 100_000;

/**
 * Returns a function that colours code of a language; until the highlighter is loaded, and without a language, code stays
 * plain.
 */
export function useHighlight(language: string | undefined): (code: string) => ComponentChild {
  const [highlight, setHighlight] = useState<{ run: Highlight } | undefined>();
  useEffect(() => {
    if (language === undefined) return;
    let current = true;
    highlighter ??= loadHighlighter();
    void highlighter.then((run) => current && run && setHighlight({ run }));
    return () => {
      current = false;
    };
  }, [language]);
  return (code) =>
    highlight && language !== undefined && code.length < maxCharacters
      ? renderElements(highlight.run(language, code))
      : code;
}

function renderElements({ type, value, properties, children = [] }: Node): ComponentChild {
  if (type === 'text') return value;
  const inner = children.map(renderElements);
  return type === 'element' ? <span class={properties?.className?.join(' ')}>{inner}</span> : inner;
}
