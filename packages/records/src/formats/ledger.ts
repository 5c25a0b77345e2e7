import { constants, createReadStream, writeSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, getMessage } from '@cooperbench/core';
import { isFileSpecificError } from '@cooperbench/core/host';
import { syncFolder } from '../files/atomic.ts';

/** Returns the file that records what a run spends. */
export function getLedgerPath(runDir: string): string {
  return join(runDir, 'ledger.jsonl');
}

/**
 * A line of the ledger: what one answer of a model used. A line without a seat was taken from a result.json whose answers the
 * ledger does not have, such as one of the Python original.
 */
export interface LedgerLine {
  readonly time: string;
  readonly trial: string;
  /** The attempt. The result.json that an attempt leaves has the same `run_id`. */
  readonly run_id: string;
  readonly seat?: string;
  /** The name of the evaluator that asked a model about the trial. No seat spent this. If it is absent, a seat did. */
  readonly evaluator?: string;
  readonly model?: string | null;
  /** USD. It is null if the price is not known. */
  readonly cost: number | null;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_tokens?: number;
  readonly cache_write_tokens?: number;
  /** The seat was lost: the attempt has no verdict. Such a line costs 0. */
  readonly lost?: SeatLoss;
}

/** Why an attempt lost a seat. */
export interface SeatLoss {
  /** The code of the error. It is null if it has none. */
  readonly code: string | null;
  /**
   * Why the agent cannot have caused it. `idle`: no model of the trial had answered. `outside`: the backend knows that
   * something outside the sandbox failed. `shared`: other trials were lost in the same moment, and none ended well. It is
   * absent if nothing says so. The seat is then judged when it would be lost again, otherwise when it would be lost a third
   * time. `idle` does not count.
   */
  readonly explained?: 'idle' | 'outside' | 'shared';
}

/** USD. `known` false: the price of an answer is not known, and the answer counts as 0. */
export interface Spending {
  readonly cost: number;
  readonly known: boolean;
}

/** A seat that an attempt lost. */
export interface LostSeat extends SeatLoss {
  readonly seat: string;
  readonly runId: string;
}

/** What a ledger records, by trial and `run_id`. */
export interface LedgerContent {
  readonly attempts: ReadonlyMap<string, ReadonlyMap<string, Spending>>;
  /** The cost of evaluators' models. */
  readonly evaluation: Spending;
  /** The seats that attempts lost, by trial. */
  readonly losses: ReadonlyMap<string, readonly LostSeat[]>;
  /** The number of lines that cannot be read, besides a torn last line. */
  readonly unreadable: number;
}

/** No line is longer, so that reading a damaged file takes little memory. */
const maxLineBytes = 65_536;

/**
 * Appends to the ledger of a run. Only the holder of the run's lock may open it. Each line is written before `append`
 * returns, so the death of this process loses none.
 */
export class Ledger implements AsyncDisposable {
  /** USD of the lines that this object has appended. */
  appended = 0;
  readonly #file: FileHandle;
  #isOpen = true;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Creates the file if necessary, completes or removes a torn last line, and appends lines.
   * @throws errors of the file system.
   */
  static async open(runDir: string, lines: readonly LedgerLine[]): Promise<Ledger> {
    const file = await open(getLedgerPath(runDir), 'a+');
    try {
      await mendLastLine(file);
      const ledger = new Ledger(file);
      for (const line of lines) ledger.append(line);
      await ledger.sync();
      await syncFolder(runDir);
      return ledger;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Drops a line that comes after disposal: then the lock may belong to another process. @throws errors of the file system. */
  append(line: LedgerLine): void {
    if (!this.#isOpen) return;
    writeLine(this.#file, `${JSON.stringify(line)}\n`);
    this.appended += line.cost ?? 0;
  }

  /** Waits until the disk has every line. */
  async sync(): Promise<void> {
    if (this.#isOpen) await this.#file.datasync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sync().catch(() => {});
    this.#isOpen = false;
    await this.#file.close();
  }
}

async function mendLastLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const length = Math.min(size, maxLineBytes);
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
  const last = buffer.subarray(buffer.lastIndexOf('\n') + 1);
  if (last.length === 0) return;
  if (parseLine(last.toString())) writeLine(file, '\n');
  else await file.truncate(size - last.length);
}

/** Writes synchronously, so that nothing comes between, and in one piece unless the disk is full. */
function writeLine({ fd }: FileHandle, text: string): void {
  const bytes = Buffer.from(text);
  for (let writtenBytes = 0; writtenBytes < bytes.length; )
    writtenBytes += writeSync(fd, bytes, writtenBytes);
}

/** Reads a run's ledger. Returns an empty ledger when there is none. @throws ConfigError `LEDGER` when it cannot be read. */
export async function readLedger(runDir: string): Promise<LedgerContent> {
  const path = getLedgerPath(runDir);
  const attempts = new Map<string, Map<string, Spending>>();
  const losses = new Map<string, LostSeat[]>();
  let evaluation: Spending = { cost: 0, known: true };
  let unreadableLines = 0;
  try {
    for await (const text of completeLines(path)) {
      const line = parseLine(text);
      if (!line) unreadableLines += 1;
      else if (line.lost) addLoss(losses, line, line.lost);
      else if (line.evaluator === undefined) addLine(attempts, line);
      else evaluation = addAmount(evaluation, line.cost);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { attempts, evaluation, losses, unreadable: unreadableLines };
    if (!isFileSpecificError(error)) throw error;
    throw new ConfigError('LEDGER', `${path} cannot be read: ${getMessage(error)}`, {
      hint: 'It records what the run has spent. Make it readable, or remove what is in its place.',
    });
  }
  return { attempts, evaluation, losses, unreadable: unreadableLines };
}

function addLine(attempts: Map<string, Map<string, Spending>>, { trial, run_id, cost }: LedgerLine): void {
  const ofTrial = attempts.get(trial) ?? new Map<string, Spending>();
  attempts.set(trial, ofTrial.set(run_id, addAmount(ofTrial.get(run_id) ?? { cost: 0, known: true }, cost)));
}

function addAmount({ cost, known }: Spending, amount: number | null): Spending {
  return { cost: cost + (amount ?? 0), known: known && amount !== null };
}

function addLoss(
  losses: Map<string, LostSeat[]>,
  { trial, run_id: runId, seat = '' }: LedgerLine,
  seatLoss: SeatLoss,
): void {
  losses.set(trial, [...(losses.get(trial) ?? []), { ...seatLoss, seat, runId }]);
}

/** Yields an empty text for a line that is too long. A torn last line counts when it is complete but for its end. */
async function* completeLines(path: string): AsyncGenerator<string> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const chunks = createReadStream(path, {
    flags: flags as unknown as string,
    encoding: 'utf8',
    highWaterMark: 1 << 20,
  });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield line.length > maxLineBytes ? '' : line;
    // Longer than any line: only whether it ends matters.
    if (rest.length > 2 * maxLineBytes) rest = rest.slice(0, 2 * maxLineBytes);
  }
  if (parseLine(rest)) yield rest;
}

function parseLine(text: string): LedgerLine | undefined {
  try {
    const line = JSON.parse(text) as LedgerLine | null;
    if (typeof line?.trial !== 'string' || typeof line.run_id !== 'string') return undefined;
    return line.cost === null || (Number.isFinite(line.cost) && line.cost >= 0) ? line : undefined;
  } catch {
    return undefined;
  }
}
