import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** With more of its processors in use, a machine says nothing about how long something takes. */
const maxBusy = 0.2;
const sampleMs = 2000;

/** Explains why a figure would say nothing now. Returns undefined if this machine is idle enough. */
export async function explainBusy(): Promise<string | undefined> {
  const timesBefore = buildCpuTimes();
  await delay(sampleMs);
  const timesAfter = buildCpuTimes();
  const busyShare = (timesAfter.busy - timesBefore.busy) / (timesAfter.all - timesBefore.all);
  if (busyShare <= maxBusy) return undefined;
  const formatPercent = (share: number): string => `${Math.round(share * 100)} %`;
  return `other programs use ${formatPercent(busyShare)} of the processors, and at most ${formatPercent(maxBusy)} may be in use`;
}

/** Milliseconds of all processors. */
function buildCpuTimes(): { readonly busy: number; readonly all: number } {
  const total = { busy: 0, all: 0 };
  for (const { times } of cpus()) {
    const { idle, ...busy } = times;
    for (const ms of Object.values(busy)) {
      total.busy += ms;
      total.all += ms;
    }
    total.all += idle;
  }
  return total;
}
