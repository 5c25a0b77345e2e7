import {
  getLedgerPath,
  Ledger,
  type LedgerContent,
  type LostSeat,
  listMissingLines,
  readLedger,
  readTrials,
  totalOf,
} from '@cooperbench/records';
import type { EventStream } from '../trial/event-stream.ts';
import type { LossCount } from '../trial/run-losses.ts';
import { runFirstWrites } from './log-dir.ts';

/**
 * Opens the ledger of a run, and books what its results cost and the ledger does not have. Resolves with what the run has spent,
 * in USD, and with the seats that its attempts lost. Only the holder of the run's lock may call it. @throws ConfigError `LEDGER`, `LOG_DIR_UNWRITABLE`.
 */
export async function openLedger(
  runDir: string,
  events: EventStream,
): Promise<{ readonly ledger: Ledger; readonly spent: number; readonly losses: LedgerContent['losses'] }> {
  const content = await readLedger(runDir);
  if (content.unreadable > 0)
    events.notice(
      `${getLedgerPath(runDir)}: ${content.unreadable} of its lines cannot be read. What they record does not count.`,
      'warning',
    );
  const missing = listMissingLines(content, await readTrials(runDir), events.now());
  const ledger = await runFirstWrites(runDir, () => Ledger.open(runDir, missing));
  return { ledger, spent: totalOf(content) + ledger.appended, losses: content.losses };
}

/** Returns how often attempts lost each seat after an answer, by trial and seat. */
export function countLosses(
  losses: LedgerContent['losses'],
): ReadonlyMap<string, ReadonlyMap<string, LossCount>> {
  const count = (lostSeats: readonly LostSeat[]): LossCount => ({
    explained: lostSeats.filter(({ explained }) => explained !== undefined).length,
    unexplained: lostSeats.filter(({ explained }) => explained === undefined).length,
  });
  const groupBySeat = (lostSeats: readonly LostSeat[]) =>
    Map.groupBy(
      lostSeats.filter(({ explained }) => explained !== 'idle'),
      ({ seat }) => seat,
    );
  return new Map(
    [...losses].map(([trial, lostSeats]) => [
      trial,
      new Map([...groupBySeat(lostSeats)].map(([seat, lost]) => [seat, count(lost)])),
    ]),
  );
}
