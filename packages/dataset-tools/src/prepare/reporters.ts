import { ignoreBrokenPipe, type ReporterOutput, safeText } from '@cooperbench/command';
import { count, formatDuration } from '@cooperbench/command/figures';
import { ConfigError } from '@cooperbench/core/errors';
import { suggest } from '@cooperbench/core/nearest';
import type { PrepareEvent } from './events.ts';

const names = ['default', 'json', 'silent'];
const lineEveryMs = 10_000;
const maxLines = 20;
const frameEveryMs = 100;

/** Shows the progress of a download. @throws ConfigError `UNKNOWN_REPORTER`. */
export function prepareReporter(name: string, output: ReporterOutput): (event: PrepareEvent) => void {
  const write = ignoreBrokenPipe(output);
  if (name === 'silent') return () => {};
  if (name === 'json') {
    return (event) => {
      if (event.type !== 'bytes') write(`${JSON.stringify(event)}\n`);
    };
  }
  if (name === 'default') return buildDefaultReporter(write, output);
  throw new ConfigError('UNKNOWN_REPORTER', `There is no reporter "${name}".`, {
    hint: suggest(name, names),
    about: name,
  });
}

/**
 * Prints lines and the progress. On a terminal, one line shows the progress. Elsewhere, a new line shows it every ten
 * seconds.
 */
function buildDefaultReporter(
  write: (text: string) => void,
  { isTTY = false, columns = 80 }: ReporterOutput,
): (event: PrepareEvent) => void {
  const state = { files: 0, ofFiles: 0, bytes: 0, ofBytes: 0, beganAt: 0, shownAt: 0 };
  const printLine = (line: string): void => write(`${isTTY ? '\r\x1b[K' : ''}${line}\n`);
  const listEach = (items: readonly string[], line: (item: string) => string): void => {
    for (const item of items.slice(0, maxLines)) printLine(line(safeText(item)));
    if (items.length > maxLines) printLine(`and ${items.length - maxLines} more; --json prints all`);
  };
  const formatProgress = (now: number): string => {
    const rate = (state.bytes / Math.max(1, now - state.beganAt)) * 1000;
    return `${state.files}/${state.ofFiles} files, ${formatSize(state.bytes)} of ${formatSize(state.ofBytes)}, ${formatSize(rate)}/s`;
  };
  const show = (): void => {
    const now = performance.now();
    if (now - state.shownAt < (isTTY ? frameEveryMs : lineEveryMs)) return;
    state.shownAt = now;
    if (isTTY) write(`\r\x1b[K${formatProgress(now).slice(0, columns - 1)}`);
    else printLine(formatProgress(now));
  };
  return (event) => {
    if (event.type === 'resolved') printLine(`${event.dataset} ${safeText(event.asked)}: ${event.revision}`);
    else if (event.type === 'compared') {
      const now = performance.now();
      Object.assign(state, { ofFiles: event.to_download, ofBytes: event.to_download_bytes });
      Object.assign(state, { beganAt: now, shownAt: now });
      printLine(
        `${count(event.files, 'file')}: ${event.unchanged} up to date, ${event.to_download} to download (${formatSize(event.to_download_bytes)})`,
      );
    } else if (event.type === 'bytes') {
      state.bytes += event.delta;
      show();
    } else if (event.type === 'file') {
      state.files += 1;
      show();
    } else if (event.type === 'retry')
      printLine(`Trying again in ${formatDuration(event.wait_seconds)}: ${safeText(event.reason)}`);
    else {
      listEach(event.kept, (path) => `Kept, because you changed it: ${path} (--force replaces it)`);
      listEach(event.removed, (path) => `Removed, because the revision does not have it: ${path}`);
      listEach(event.broken, (reason) => `Cannot be used: ${reason}`);
      if (event.downloaded > 0) {
        const seconds = (performance.now() - state.beganAt) / 1000;
        printLine(
          `Downloaded ${count(event.downloaded, 'file')} (${formatSize(event.downloaded_bytes)}) in ${formatDuration(seconds)}`,
        );
      }
      printLine(`${event.directory} has ${count(event.tasks, 'task')} with ${count(event.pairs, 'pair')}`);
    }
  };
}

/** Formats a size: `12 B`, `3.4 kB`, `5.6 MB`. */
function formatSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  return bytes < 999_950 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
