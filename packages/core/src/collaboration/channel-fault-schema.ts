import type { JsonSchema } from '../contracts/json-schema.ts';
import { objectSchema, option } from '../plugins/options.ts';
import type { ChannelFaults } from './faulty-queue.ts';

/** Faults of one channel as a user writes them. */
export interface WrittenFaults extends Omit<ChannelFaults, 'delay'> {
  /** Seconds, or a text such as `500ms`, `5s` or `2m`. */
  readonly delay?: number | string | undefined;
}

const milliseconds = { ms: 1, s: 1000, m: 60_000 };

/** Schema of the faults of one channel. A delay is in seconds, or a duration such as `5s`. */
export const channelFaultSchema: JsonSchema = objectSchema<WrittenFaults>({
  drop: option.number(0, 'The probability that a seat does not get a message.', { maximum: 1 }),
  delay: {
    anyOf: [
      option.number(0, 'Seconds.', { maximum: 86_400 }),
      option.matching('^[0-9]{1,4}([.][0-9]{1,3})?(ms|s|m)$', 'a time such as 500ms, 5s or 2m', 'A time.'),
    ],
    description: 'How much longer a message takes: seconds, or a time such as 5s.',
  },
  duplicate: option.number(0, 'The probability that a seat gets a message twice.', { maximum: 1 }),
  silent: option.text('A seat that the channel does not hear.'),
  seed: option.integer(0, 'Chooses which messages the faults hit. Default: always the same ones.'),
});

/** Reads the faults with their delay in seconds, so that one fault has one form in a run's identity. */
export function readFaults({ delay, ...faults }: WrittenFaults): ChannelFaults {
  if (typeof delay !== 'string') return delay === undefined ? faults : { ...faults, delay };
  const [, amount, unit] = /^(.*?)(ms|s|m)$/.exec(delay) ?? [];
  return { ...faults, delay: (Number(amount) * milliseconds[unit as keyof typeof milliseconds]) / 1000 };
}
