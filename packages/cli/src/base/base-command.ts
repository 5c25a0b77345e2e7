import { existsSync } from 'node:fs';
import type { Container, Reporter, ReporterOutput, RunEvent } from '@cooperbench/core';
import { Command } from '@oclif/core/command';
import { type FoundPlugins, reasons, together } from '../plugins/found.ts';
import { installedPlugins } from '../plugins/installed.ts';
import { describeError } from './describe-error.ts';
import { keepHeapSmall } from './small-heap.ts';

/** What every command does the same: `.env`, plugins, interruption, errors. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  #readerGone = false;

  override async init(): Promise<void> {
    process.stdout.once('error', () => {
      this.#readerGone = true;
    });
    await super.init();
    if (existsSync('.env')) process.loadEnvFile('.env');
  }

  /** The plugins there are, and those that are left out. */
  protected async plugins(): Promise<FoundPlugins> {
    return together(await installedPlugins(this.config));
  }

  /** The container with every plugin that can be used. Of the others, a warning says why. */
  protected async container(): Promise<Container> {
    const { createContainer } = await import('@cooperbench/core');
    const { plugins, leftOut } = await this.plugins();
    for (const reason of reasons(leftOut)) process.stderr.write(`Warning: ${reason}\n`);
    return createContainer(plugins, leftOut);
  }

  /** Runs `work` with a reporter on standard output and a signal, as `interruptible` does. */
  protected async reported<T>(
    name: string | undefined,
    work: (tools: { signal: AbortSignal; onEvent: (event: RunEvent) => void }) => Promise<T>,
  ): Promise<T> {
    keepHeapSmall();
    const { createReporter } = await import('@cooperbench/core');
    const reporter: Reporter = createReporter(...this.reporting(name));
    try {
      return await this.interruptible((signal) =>
        work({ signal, onEvent: (event) => reporter.onEvent(event) }),
      );
    } finally {
      reporter.close();
    }
  }

  /** Which reporter was asked for, and where it writes. */
  protected reporting(name: string | undefined): [name: string, output: ReporterOutput] {
    return [name ?? (this.jsonEnabled() ? 'silent' : 'default'), terminal()];
  }

  /** Runs `work` with a signal that aborts on Ctrl-C or SIGTERM; a second one kills. */
  protected async interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    const interrupt = (): void => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    };
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    try {
      return await work(controller.signal);
    } finally {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    }
  }

  override async catch(error: Error & { oclif?: { exit?: number }; code?: string }): Promise<void> {
    if (error.code === 'EEXIT') throw error;
    const known = Object.keys((this.ctor as typeof BaseCommand).flags ?? {});
    const failure = describeError(error, known);
    if (this.jsonEnabled()) this.logJson({ error: { code: failure.code, message: failure.text } });
    else process.stderr.write(`Error: ${failure.text}\n`);
    if (process.env.DEBUG && error.stack) process.stderr.write(`${error.stack}\n`);
    process.exitCode = failure.exitCode;
  }

  /** Where the reader of standard output is gone, oclif would wait for it to read the rest. */
  override async finally(error: Error | undefined): Promise<void> {
    await super.finally(error);
    if (this.#readerGone) process.exit();
  }
}

/** Standard output as a reporter sees it. Its size is read anew at every frame. */
function terminal(): ReporterOutput {
  const { stdout } = process;
  const isTTY = stdout.isTTY === true && process.env.TERM !== 'dumb';
  return {
    isTTY,
    colour: isTTY && !process.env.NO_COLOR,
    get columns() {
      return stdout.columns ?? 80;
    },
    get rows() {
      return stdout.rows ?? 24;
    },
    on: (event, listener) => stdout.on(event, listener),
    write: (text) => stdout.write(text),
  };
}
