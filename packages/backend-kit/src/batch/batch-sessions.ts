import { setTimeout as sleep } from 'node:timers/promises';
import { thisOwner } from '@cooperbench/core';
import type { Leftover } from '../provider/leftovers.ts';
import type { BatchEngine } from './batch-engine.ts';

/** The object that says whose a session is: a call that takes the session over replaces it. */
const ownerObject = 'owner.json';

type SessionOwner = Pick<Leftover, 'owner' | 'madeAtMs'>;

/** Records that this process owns a session. */
export async function ownSession({ objects }: BatchEngine, session: string): Promise<void> {
  const sessionOwner: SessionOwner = { owner: JSON.stringify(thisOwner()), madeAtMs: Date.now() };
  await objects.write(session, ownerObject, JSON.stringify(sessionOwner));
}

/** For `removeLeftovers`: what calls of `runJobsInBatches` left behind. */
export async function* leftoverSessions(engine: BatchEngine): AsyncGenerator<Leftover> {
  const explainFailure = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw engine.errorOf(error);
    });
  for (const [name, sessionOwner] of await explainFailure(findOwnedSessions(engine)))
    yield {
      name: `evaluation-${name}`,
      ...sessionOwner,
      remove: () => explainFailure(removeSession(engine, name)),
    };
}

/** Finds all sessions with their owners, also those of which only batches are left. */
export async function findOwnedSessions(engine: BatchEngine): Promise<Map<string, SessionOwner>> {
  const sessions = new Map<string, SessionOwner>();
  for (const { session, owner, madeAtMs } of await engine.batches())
    sessions.set(session, { owner, madeAtMs });
  for (const name of await engine.objects.sessionsWith(ownerObject)) {
    const sessionOwner = await readOwned(engine, name);
    if (sessionOwner) sessions.set(name, sessionOwner);
  }
  return sessions;
}

/** Returns undefined if the session was removed since it was listed. */
async function readOwned({ objects }: BatchEngine, session: string): Promise<SessionOwner | undefined> {
  try {
    return JSON.parse((await objects.read(session, ownerObject)).toString()) as SessionOwner;
  } catch (error) {
    if ((await objects.sessionsWith(ownerObject)).includes(session)) throw error;
    return undefined;
  }
}

/** Stops the batches of a session and deletes its objects. */
export async function removeSession(engine: BatchEngine, session: string): Promise<void> {
  for (const { name } of await engine.batches(session)) await engine.stop(session, name);
  // A task that still runs could write its result after the objects are gone.
  const deadlineMs = performance.now() + engine.endMs;
  while (performance.now() < deadlineMs && (await engine.batches(session)).some(({ over }) => !over))
    await sleep(engine.pollMs);
  await engine.objects.remove(session);
}
