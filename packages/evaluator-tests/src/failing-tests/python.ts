import type { FailingTest } from '@cooperbench/core';
import { type Block, clean, findPlaces, maxLines } from './evidence.ts';

const exception = /^(?:[\w.]+\.)?\w*(?:Error|Exception|Exit|Interrupt|Failed|Warning|Failure)\b(?::.*)?$/;

/** pytest: the short summary has the names, and the reports above it the values. */
export function findPytestFailures(lines: readonly string[]): FailingTest[] {
  const blocks = splitReports(lines);
  const summary = lines.flatMap((line) => {
    if (!line.startsWith('FAILED ') && !line.startsWith('ERROR ')) return [];
    const text = line.slice(line.indexOf(' ') + 1);
    const end = text.indexOf(' - ');
    const name = end === -1 ? text : text.slice(0, end);
    if (!/^\S+\.py\b/.test(name)) return [];
    return { name, said: end === -1 ? '' : text.slice(end + 3) };
  });
  if (summary.length === 0) return blocks.map((block) => parseReport(block.name, '', block.lines));
  return summary.slice(0, maxLines).map(({ name, said }) => {
    const tail = name.includes('::') ? name.slice(name.indexOf('::') + 2).replaceAll('::', '.') : name;
    const block = blocks.find((candidate) => candidate.name === tail || candidate.name.endsWith(` ${tail}`));
    return parseReport(name, said, block?.lines ?? []);
  });
}

function parseReport(name: string, text: string, lines: readonly string[]): FailingTest {
  const errorLines = lines.filter((line) => /^E {1,20}\S/.test(line) && !line.includes('Use -v to get'));
  const message = errorLines
    .slice(0, 4)
    .map((line) => line.slice(1).trim())
    .join(' ');
  const locationLines = lines.filter((line) => /^\S+:\d{1,7}: /.test(line.slice(0, 400)));
  return {
    name: clean(name),
    message: clean(message || text),
    places: findPlaces(
      [...(locationLines.length > 0 ? locationLines : lines), ...errorLines.map((line) => line.slice(1))],
      'innermost last',
    ),
  };
}

/** Returns the reports under FAILURES and ERRORS. */
function splitReports(lines: readonly string[]): Block[] {
  const blocks: { name: string; lines: string[] }[] = [];
  let current: string[] | undefined;
  for (const line of lines) {
    if (line.startsWith('___') && line.endsWith('___')) {
      const name = line.replace(/^_{3,200} ?/, '').replace(/ ?_{3,200}$/, '');
      current = [];
      if (/\w/.test(name) && blocks.length < 200) blocks.push({ name, lines: current });
    } else if (line.startsWith('=====') && line.endsWith('=====')) current = undefined;
    else if (current && current.length < maxLines) current.push(line);
  }
  return blocks;
}

/** unittest: each failure has a head, a rule and a traceback. */
export function findUnittestFailures(lines: readonly string[]): FailingTest[] {
  const failingTests: FailingTest[] = [];
  for (const [index, line] of lines.entries()) {
    if (failingTests.length >= maxLines) break;
    if (!/^(?:ERROR|FAIL): \S/.test(line) || !/^-{20,200}$/.test(lines[index + 1] ?? '')) continue;
    const rest = lines.slice(index + 2, index + 2 + maxLines);
    const end = rest.findIndex((candidate) => /^(?:={20,200}|-{20,200})$/.test(candidate));
    const trace = end === -1 ? rest : rest.slice(0, end);
    const messageIndex = trace.findLastIndex(
      (candidate) => candidate.length < 2000 && exception.test(candidate),
    );
    const message = messageIndex === -1 ? '' : trace.slice(messageIndex, messageIndex + 4).join(' ');
    const name = line.slice(line.indexOf(' ') + 1);
    failingTests.push({
      name: clean(name),
      message: clean(message),
      places: findPlaces(trace, 'innermost last'),
    });
  }
  return failingTests;
}

/** Finds a Python program that ended before its tests. */
export function findPythonCrash(lines: readonly string[]): FailingTest | undefined {
  const errorIndex = lines.findIndex((line) => /^E {1,20}\S/.test(line));
  if (errorIndex !== -1) {
    const precedingLines = lines.slice(Math.max(0, errorIndex - 20), errorIndex);
    const message = lines.slice(errorIndex, errorIndex + 3).filter((line) => line.startsWith('E '));
    return {
      name: '',
      message: clean(message.map((line) => line.slice(1).trim()).join(' ')),
      places: findPlaces(precedingLines, 'innermost last'),
    };
  }
  const start = lines.indexOf('Traceback (most recent call last):');
  if (start === -1) return undefined;
  const trace = lines.slice(start + 1, start + 1 + maxLines);
  const end = trace.findIndex((line) => line.length < 2000 && exception.test(line));
  if (end === -1) return undefined;
  return {
    name: '',
    message: clean(trace[end] ?? ''),
    places: findPlaces(trace.slice(0, end), 'innermost last'),
  };
}
