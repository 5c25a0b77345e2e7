import { ConfigError } from '@cooperbench/core/errors';
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../base/base-command.ts';

/** What `@cooperbench/bus-redis` exports beside its plugin; known here by name only. */
interface RedisBusPackage {
  watchRun(url: string, run: string, options: { readonly signal: AbortSignal }): AsyncIterable<WatchEvent>;
}

interface WatchEvent {
  readonly type: string;
  readonly trial?: string;
  readonly seat?: string;
  readonly from?: string;
  readonly to?: string;
  readonly text?: string;
  readonly ids?: readonly string[];
}

export default class Watch extends BaseCommand {
  static override summary = "Follow a run's messages in Redis, live, from another terminal.";
  static override description =
    'Shows first what Redis still holds of the run, then what comes. Ctrl-C ends it.';
  static override examples = ['<%= config.bin %> watch my-experiment --redis redis://localhost:6379'];
  static override args = { run: Args.string({ description: 'Experiment name.', required: true }) };
  static override flags = {
    redis: Flags.string({
      summary: 'Redis URL of the run; REDIS_URL when not given.',
      env: 'COOPERBENCH_REDIS',
    }),
    follow: Flags.boolean({ summary: 'Go on after the run has ended, as it may be resumed.' }),
  };

  async run(): Promise<readonly WatchEvent[]> {
    const { args, flags } = await this.parse(Watch);
    const url = flags.redis ?? process.env.REDIS_URL;
    if (url === undefined) {
      throw new ConfigError('REDIS_URL', 'No Redis is named.', {
        hint: 'Name it with --redis or REDIS_URL, as the run did.',
      });
    }
    const { safeText } = await import('../terminal/safe-text.ts');
    const name = '@cooperbench/bus-redis';
    const { watchRun } = (await import(name)) as RedisBusPackage;
    const seen: WatchEvent[] = [];
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
    for await (const event of watchRun(url, args.run, { signal: stop.signal })) {
      if (this.jsonEnabled()) seen.push(event);
      else this.log(safeText(describe(event)));
      if (event.type === 'ended' && !flags.follow) break;
    }
    return seen;
  }
}

function describe({ type, trial, seat, from, to, text, ids }: WatchEvent): string {
  if (type === 'message') return `${trial}  ${from} → ${to}: ${text}`;
  if (type === 'seat_opened') return `${trial}  ${seat} is there`;
  if (type === 'seat_closed') return `${trial}  ${seat} has finished`;
  if (type === 'lost') return `${trial}  Redis lost ${ids?.length} messages to ${seat}`;
  return 'The run has ended.';
}
