import { type Label, labelNames } from './rubric.ts';

/** A label that a model gave. */
export interface GivenLabel {
  readonly name: Label;
  /** Whether a quote that occurs in the conversation supports it. Other labels do not count. */
  readonly supported: boolean;
  /** Quotes that occur in the conversation, at most 400 characters each. The agents' own words: escape them. */
  readonly quotes: readonly Quote[];
  /** Quotes that do not occur in it. They are not kept. */
  readonly refused_quotes: number;
}

export interface Quote {
  /** Counted from 1, in the order of sending. */
  readonly message: number;
  readonly from: string;
  readonly text: string;
}

interface Message {
  readonly from: string;
  readonly text: string;
}

/**
 * Reads a model's answer. Keeps only labels of the rubric and quotes from the conversation, because the conversation may have
 * talked the model into anything else. Undefined means the answer is not the object that was asked for.
 */
export function readAnswer(text: string, conversation: readonly Message[]): GivenLabel[] | undefined {
  const labels = findLabelsIn(text);
  if (labels === undefined) return undefined;
  const messages = conversation.map(({ from, text: spoken }) => ({ from, text: formatOneLine(spoken) }));
  const parsedLabels = labels.map(({ name, quotes }): GivenLabel | undefined => {
    if (!isLabel(name)) return undefined;
    const quoteList = (Array.isArray(quotes) ? quotes : []).slice(0, 10);
    const quoteOccurrences = quoteList.flatMap((quote) => findOccurrence(quote, messages) ?? []);
    return {
      name,
      supported: quoteOccurrences.length > 0,
      quotes: quoteOccurrences,
      refused_quotes: quoteList.length - quoteOccurrences.length,
    };
  });
  const givenLabels = parsedLabels.filter((label) => label !== undefined);
  if (givenLabels.length < labels.length) return undefined;
  return givenLabels.filter(
    ({ name }, index) => givenLabels.findIndex((givenLabel) => givenLabel.name === name) === index,
  );
}

function findLabelsIn(text: string): { readonly name?: unknown; readonly quotes?: unknown }[] | undefined {
  try {
    const value: unknown = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
    const { labels } = value as { labels?: unknown };
    return Array.isArray(labels) ? labels.map((label) => Object(label)) : undefined;
  } catch {
    return undefined;
  }
}

function isLabel(name: unknown): name is Label {
  return labelNames.some((labelName) => labelName === name);
}

/** A few letters occur in every text. */
const fewest = 12;
const longest = 400;

/** Finds the quote, where it occurs. Models often write white space differently, and sometimes count messages wrongly. */
function findOccurrence(quote: unknown, messages: readonly Message[]): Quote | undefined {
  const { message, text } = Object(quote) as { message?: unknown; text?: unknown };
  const words = typeof text === 'string' ? formatOneLine(text) : '';
  const isIn = (candidate: Message | undefined): boolean =>
    candidate !== undefined &&
    (words.length < fewest ? words !== '' && candidate.text === words : candidate.text.includes(words));
  const messageIndex = typeof message === 'number' && isIn(messages[message - 1]) ? message - 1 : -1;
  const index = messageIndex >= 0 ? messageIndex : messages.findIndex(isIn);
  const quotedMessage = messages[index];
  return quotedMessage && { message: index + 1, from: quotedMessage.from, text: words.slice(0, longest) };
}

function formatOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
