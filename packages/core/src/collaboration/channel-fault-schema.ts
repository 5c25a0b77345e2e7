import type { JsonSchema } from '../contracts/json-schema.ts';
import { objectSchema, option } from '../plugins/options.ts';
import type { ChannelFaults } from './faulty-queue.ts';

/** Of the faults of one channel. */
export const channelFaultSchema: JsonSchema = objectSchema<ChannelFaults>({
  drop: option.number(0, 'The probability that a seat does not get a message.', { maximum: 1 }),
  delay: option.number(0, 'How many seconds a message takes longer.', { maximum: 86_400 }),
  duplicate: option.number(0, 'The probability that a seat gets a message twice.', { maximum: 1 }),
  silent: option.text('A seat that the channel does not hear.'),
});
