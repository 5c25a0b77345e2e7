import { Args, BaseCommand, Flags, safeText, settingFlags } from '@cooperbench/command';
import { ConfigError } from '@cooperbench/core/errors';
import type { WatchEvent } from '../watch.ts';

export default class Watch extends BaseCommand {
  static override summary = "Follow a run's messages in Redis, live, from another terminal.";
  static override description =
    'Shows what Redis still holds of the run, then follows the run until it ends. Ctrl-C stops watching.';
  static override examples = ['<%= config.bin %> watch my-experiment --redis redis://localhost:6379'];
  static override args = { run: Args.string({ description: 'Run name.', required: true }) };
  static override flags = {
    ...settingFlags({ redis: {} }),
    follow: Flags.boolean({ summary: 'Keep watching after the run has ended, because it may be resumed.' }),
  };

  async run(): Promise<readonly WatchEvent[]> {
    const { args, flags } = await this.parse(Watch);
    const url = flags.redis;
    if (url === undefined) {
      throw new ConfigError('REDIS_URL', 'There is no Redis URL.', {
        hint: 'Give the one of the run with --redis or REDIS_URL.',
      });
    }
    const { watchRun } = await import('../index.ts');
    const events: WatchEvent[] = [];
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());
    try {
      for await (const event of watchRun(url, args.run, { signal: stop.signal })) {
        if (this.jsonEnabled()) events.push(event);
        else this.log(safeText(describe(event)));
        if (event.type === 'ended' && !flags.follow) break;
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
    return events;
  }
}

function describe(event: WatchEvent): string {
  switch (event.type) {
    case 'message':
      return `${event.trial}  ${event.from} → ${event.to}: ${event.text}`;
    case 'seat_opened':
      return `${event.trial}  ${event.seat} has started`;
    case 'seat_closed':
      return `${event.trial}  ${event.seat} has finished`;
    case 'phase_started':
      return `${event.trial}  phase ${event.phase}`;
    case 'lost':
      return `${event.trial}  Redis has lost messages`;
    case 'ended':
      return 'The run has ended.';
  }
}
