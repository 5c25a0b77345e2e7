import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConfigError,
  type RecordedEvent,
  type RecordedMessage,
  type RecordedSeat,
  suggest,
  type Task,
  type TrajectoryMessage,
  type TrialRecords,
} from '@cooperbench/core';
import { readText } from '../files/read-text.ts';
import { buildSeats } from '../formats/result-file.ts';
import type { StoredTrial } from './read-trials.ts';
import { readStoredSeats } from './stored-seats.ts';

/** Returns what a stored trial says, for an evaluator. Nothing is read before it is asked for. */
export function buildTrialRecords(trial: StoredTrial, task: Task): TrialRecords {
  const resolveFile = (name: string): string => join(trial.directory, name);
  const seats = Object.entries(buildSeats(trial.result ?? {})).map(
    ([
      seat,
      { role, features, feature_id, agent_framework, model, status, cost, cost_known, steps },
    ]): RecordedSeat => ({
      ...{ seat, role, agent: agent_framework, model, status, steps },
      features: features ?? [feature_id ?? trial.features].flat(),
      costUsd: cost_known === false ? null : cost,
    }),
  );
  return {
    seats,
    async conversation() {
      const entries = await readList(resolveFile('conversation.json'));
      return entries.flatMap((entry): RecordedMessage[] => {
        const { from, to, message, timestamp, delivered } = entry;
        if (typeof from !== 'string' || typeof to !== 'string' || typeof message !== 'string') return [];
        return [{ from, to, text: message, time: Number(timestamp) || 0, delivered: delivered === true }];
      });
    },
    async events() {
      const lines = (await getText(resolveFile('events.jsonl'))).split('\n');
      return lines.flatMap((line) => parseEvent(line) ?? []);
    },
    async trajectory(seat) {
      const files = await readStoredSeats(trial);
      const seatFile = files.find((file) => file.seat === seat);
      if (!seatFile)
        throw createUnknownError(
          'SEAT',
          `The trial ${trial.id} has no seat "${seat}".`,
          seat,
          files.map((file) => file.seat),
        );
      return (await readList(seatFile.trajectory)) as unknown as TrajectoryMessage[];
    },
    async taskText(feature) {
      if (!trial.features.includes(feature))
        throw createUnknownError(
          'FEATURE',
          `The trial ${trial.id} has no feature ${feature}.`,
          String(feature),
          trial.features.map(String),
        );
      return readFile(join(task.directory, `feature${feature}`, 'feature.md'), 'utf8');
    },
  };
}

function createUnknownError(
  kind: string,
  message: string,
  name: string,
  knownNames: readonly string[],
): ConfigError {
  return new ConfigError(`UNKNOWN_${kind}`, message, { hint: suggest(name, knownNames) });
}

/** Returns the empty string when the file is missing. @throws errors of a file that cannot be read. */
async function getText(path: string): Promise<string> {
  try {
    return await readText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Reads the objects of a JSON list, or of `messages` in an object. @throws SyntaxError when the file is no JSON. */
async function readList(path: string): Promise<Readonly<Record<string, unknown>>[]> {
  const text = await getText(path);
  const value: unknown = text === '' ? [] : JSON.parse(text);
  const list = Array.isArray(value) ? value : (value as { messages?: unknown } | null)?.messages;
  const isObject = (candidate: unknown): boolean =>
    typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate);
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function parseEvent(line: string): RecordedEvent | undefined {
  try {
    const event = JSON.parse(line);
    return typeof event?.type === 'string' && typeof event.time === 'string' ? event : undefined;
  } catch {
    return undefined;
  }
}
