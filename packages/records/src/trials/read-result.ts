import { join } from 'node:path';
import { type SeatStatus, shortenValues } from '@cooperbench/core';
import { type JsonFile, readRecord } from '../files/read-json.ts';
import { resultShape } from '../formats/file-schemas.ts';
import { buildSeats, type ResultFile } from '../formats/result-file.ts';

const statuses: Readonly<Record<SeatStatus, true>> = {
  Completed: true,
  LimitsExceeded: true,
  Timeout: true,
  Error: true,
  Cancelled: true,
};

/**
 * Reads a trial's result.json. It is unusable when a seat has a status that this release does not know. Results of the
 * Python original may have any status.
 */
export async function readResult(directory: string): Promise<JsonFile<Partial<ResultFile>>> {
  const path = join(directory, 'result.json');
  const file = await readRecord<Partial<ResultFile>>(path, resultShape);
  if (file.state !== 'read' || file.value.schema_version === undefined) return file;
  for (const [seat, { status }] of Object.entries(buildSeats(file.value))) {
    if (!Object.hasOwn(statuses, String(status)))
      return {
        state: 'unusable',
        reason: shortenValues(
          `found ${status === undefined ? 'no status' : `the status ${JSON.stringify(status)}`} of ${seat}, expected one of ${Object.keys(statuses).join(', ')}`,
        ),
      };
  }
  return file;
}
