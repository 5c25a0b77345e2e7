import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { interruptible } from './interruptible.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Returns what Node calls, last of all who listen. */
const happen = (
  event: 'uncaughtException' | 'SIGINT' | 'SIGTERM' | 'SIGHUP',
  ...callArguments: unknown[]
): void => {
  const listener = process.listeners(event as 'SIGINT').at(-1) as (...callArguments: unknown[]) => void;
  listener(...callArguments);
};

const unhandled = {
  name: 'CooperBenchError',
  code: 'UNHANDLED',
  message: 'Stopped by an unhandled error: boom',
};

test('an unhandled error aborts the work, and is thrown after that has ended', async () => {
  const end = interruptible(async (signal) => {
    happen('uncaughtException', new Error('boom'));
    expect(signal.aborted).toBe(true);
    return 'done';
  });
  await expect(end).rejects.toThrow(expect.objectContaining(unhandled));
});

test('work that goes on waiting for what will not come is left after half a minute', async () => {
  const end = interruptible(() => {
    happen('uncaughtException', new Error('boom'));
    return new Promise(() => {});
  });
  const refusal = expect(end).rejects.toThrow(expect.objectContaining(unhandled));
  await vi.advanceTimersByTimeAsync(30_000);
  await refusal;
});

test('the first Ctrl-C after it lets the work end, the second kills', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  try {
    await interruptible(async () => {
      happen('uncaughtException', new Error('boom'));
      happen('SIGINT');
      expect(exit).not.toHaveBeenCalled();
      happen('SIGINT');
      await vi.waitFor(() => expect(exit).toHaveBeenCalledWith(130), 30_000);
    }).catch(() => {});
  } finally {
    exit.mockRestore();
  }
});

test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s aborts the work', async (name) => {
  await interruptible(async (signal) => {
    happen(name);
    expect(signal.aborted).toBe(true);
  });
});

test('a second interrupt ends the process with the last words, after the sandboxes; a third at once', async () => {
  const ending = vi.fn(async (_limitMs: number) => {});
  let ended = (): void => {};
  vi.doMock('@cooperbench/core/host', () => ({
    endSandboxes: (limitMs: number) =>
      new Promise<void>((resolve) => {
        ended = resolve;
        void ending(limitMs);
      }),
  }));
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await interruptible(async () => {
      happen('SIGHUP');
      expect(write).not.toHaveBeenCalled();
      happen('SIGINT');
      await vi.waitFor(() => expect(ending).toHaveBeenCalledWith(5000), 30_000);
      expect(exit).not.toHaveBeenCalled();
      ended();
      await vi.waitFor(() => expect(exit).toHaveBeenCalledTimes(1), 30_000);
      happen('SIGINT');
      expect(exit).toHaveBeenCalledTimes(2);
    }, 'Clean up.\n');
    expect(write).toHaveBeenCalledWith('Clean up.\n');
    expect(exit).toHaveBeenCalledWith(130);
  } finally {
    exit.mockRestore();
    write.mockRestore();
    vi.doUnmock('@cooperbench/core/host');
  }
});

test('nothing is listened to any more afterwards', async () => {
  const before = process.listenerCount('uncaughtException');
  await interruptible(async () => {
    expect(process.listenerCount('uncaughtException')).toBe(before + 1);
  });
  expect(process.listenerCount('uncaughtException')).toBe(before);
});
