import type { OpenReporter, ReportedEvent, Reporter, ReporterContext } from '@cooperbench/core';
import { ConfigError } from '@cooperbench/core/errors';
import { Registry } from '@cooperbench/core/host';
import { expect, test, vi } from 'vitest';
import { Page, runStarted } from './events.test.fixture.ts';
import { openReporter } from './open-reporter.ts';
import { reporterPlugin } from './reporter-plugin.ts';

const options = {
  type: 'object',
  properties: { prefix: { type: 'string' } },
  additionalProperties: false,
} as const;

/** Returns a registry in which the reporter `mine` prints the types of events with its option `prefix`. */
function registryWith(overrides: Partial<OpenReporter> = {}): Registry {
  const registry = new Registry();
  const create = ({ prefix = '' }: { readonly prefix?: string }): Reporter => ({
    open: ({ output, part }: ReporterContext) => ({
      onEvent: ({ type }: ReportedEvent) => void output.write(`${prefix}${type} ${part}\n`),
      close: () => void output.write('closed\n'),
      ...overrides,
    }),
  });
  registry.add(reporterPlugin);
  registry.add({ name: 'acme', apiVersion: 1, reporters: { mine: { options, create: create as never } } });
  return registry;
}

test("a plugin's reporter shows a run, with the user's options", async () => {
  const page = new Page();
  const onWarning = vi.fn();
  const reporter = await openReporter(registryWith(), 'mine', page, {
    ...{ part: 'run 1 of 2', reporterOptions: { mine: { prefix: '> ' } }, onWarning },
  });
  reporter.onEvent(runStarted());
  await reporter.close();
  expect(page.text).toBe('> run_started run 1 of 2\nclosed\n');
  expect(onWarning).not.toHaveBeenCalled();
});

test('wrong options and unknown names are errors before the run', async () => {
  const open = (name: string, reporterOptions = {}) =>
    openReporter(registryWith(), name, new Page(), { reporterOptions, onWarning: vi.fn() });
  await expect(open('mine', { mine: { colour: 1 } })).rejects.toMatchObject({ code: 'CONFIG_OPTIONS' });
  await expect(open('jsno')).rejects.toThrow(
    new ConfigError('UNKNOWN_REPORTER', 'There is no reporter "jsno".', {
      ...{ hint: 'Did you mean "json"?', about: 'jsno' },
    }),
  );
});

test('a reporter that cannot be closed costs a warning, not the result', async () => {
  const onWarning = vi.fn();
  const fail = (): never => {
    throw new Error('the disk is full');
  };
  const reporter = await openReporter(registryWith({ close: fail }), 'mine', new Page(), { onWarning });
  await reporter.close();
  expect(onWarning).toHaveBeenCalledWith(
    'The reporter "mine" of plugin acme could not be closed: the disk is full',
  );
});

test('a reporter that does not close ends after its time', async () => {
  vi.useFakeTimers();
  try {
    const onWarning = vi.fn();
    const close = (): Promise<void> => new Promise(() => {});
    const reporter = await openReporter(registryWith({ close }), 'mine', new Page(), { onWarning });
    const closed = reporter.close();
    await vi.advanceTimersByTimeAsync(10_000);
    await closed;
    expect(onWarning).toHaveBeenCalledWith(expect.stringContaining('it did not answer within 10 s'));
  } finally {
    vi.useRealTimers();
  }
});
