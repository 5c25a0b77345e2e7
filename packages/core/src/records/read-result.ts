import { join } from 'node:path';
import type { SeatStatus } from '../contracts/agent.ts';
import { type JsonFile, type ReadText, readRecord } from './read-json.ts';
import { type ResultFile, seatsOf } from './result-file.ts';

const statuses: Readonly<Record<SeatStatus, true>> = {
  Completed: true,
  LimitsExceeded: true,
  Timeout: true,
  Error: true,
  Cancelled: true,
};

/**
 * Reads a trial's result.json. It is unusable when a seat is null, or when a seat has a status that this release does not
 * know. Results of the Python original may have any status.
 */
export async function readResult(
  directory: string,
  readText?: ReadText,
): Promise<JsonFile<Partial<ResultFile>>> {
  const file = await readRecord<Partial<ResultFile>>(join(directory, 'result.json'), readText);
  if (file.state !== 'read') return file;
  for (const [seat, result] of Object.entries(seatsOf(file.value))) {
    if (result === null) return { state: 'unusable', reason: `found null for ${seat}, expected an object` };
    const status: unknown = result.status;
    if (file.value.schema_version !== undefined && !Object.hasOwn(statuses, String(status)))
      return {
        state: 'unusable',
        reason: `found the status ${JSON.stringify(status)} of ${seat}, expected one of ${Object.keys(statuses).join(', ')}`,
      };
  }
  return file;
}
