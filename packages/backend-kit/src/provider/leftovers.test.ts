import { thisOwner } from '@cooperbench/core';
import { expect, test } from 'vitest';
import { nameLeftovers, removeLeftovers } from './leftovers.ts';

const hourMs = 3_600_000;
const dead = JSON.stringify({ ...thisOwner(), startedAt: '1' });
const elsewhere = JSON.stringify({ ...thisOwner(), host: 'elsewhere' });
const there = (names: string[]) => {
  const thing = (name: string, owner: string | undefined, ageMs = 0, gone: unknown = undefined) => ({
    name,
    owner,
    madeAtMs: Date.now() - ageMs,
    remove: async () => {
      names.push(name);
      return gone;
    },
  });
  return [
    thing('dead', dead),
    thing('in use after all', dead, 0, false),
    thing('mine', JSON.stringify(thisOwner()), 9 * hourMs),
    thing("nobody's", undefined, 9 * hourMs),
    thing('odd', '{', 9 * hourMs),
    thing('young, elsewhere', elsewhere, hourMs),
    thing('old, elsewhere', elsewhere, 3 * hourMs),
  ];
};

test('what dead owners left is removed and named, and what turns out to be in use is not named', async () => {
  const requests: string[] = [];
  expect(await removeLeftovers(there(requests))).toEqual(['dead']);
  expect(requests).toEqual(['dead', 'in use after all']);
});

test('what would be removed is named, and stays', async () => {
  const requests: string[] = [];
  const resources = (async function* () {
    yield* there(requests);
  })();
  expect(await nameLeftovers(resources)).toEqual(['dead', 'in use after all']);
  expect(requests).toEqual([]);
});

test('an abort lets the removal that has begun end, and says what was removed', async () => {
  const stop = new AbortController();
  const removed: string[] = [];
  const things = ['one', 'two'].map((name) => ({
    ...{ name, owner: dead, madeAtMs: 0 },
    remove: async () => stop.abort(new Error('enough')),
  }));
  const options = { signal: stop.signal, onRemoved: (name: string) => void removed.push(name) };
  await expect(removeLeftovers(things, options)).rejects.toThrow('enough');
  expect(removed).toEqual(['one']);
});

test("so is another host's, when it is old enough and that was asked for", async () => {
  const options = { elsewhereOlderThanMs: 2 * hourMs };
  expect(await removeLeftovers(there([]), options)).toEqual(['dead', 'old, elsewhere']);
});

test('the object to remove may be an instance of a class', async () => {
  class Machine {
    readonly name = 'm';
    readonly owner = dead;
    readonly madeAtMs = 0;
    gone = false;
    async remove(): Promise<void> {
      this.gone = true;
    }
  }
  const machine = new Machine();
  expect(await removeLeftovers([machine])).toEqual(['m']);
  expect(machine.gone).toBe(true);
});

test('an abort ends it before the next one', async () => {
  const requests: string[] = [];
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(removeLeftovers(there(requests), { signal })).rejects.toThrow('enough');
  expect(requests).toEqual([]);
});
