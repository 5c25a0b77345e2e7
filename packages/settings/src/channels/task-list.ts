import type { OpenChannel } from '@cooperbench/core';

export const taskStatuses = ['open', 'in_progress', 'blocked', 'done'] as const;

export type TaskStatus = (typeof taskStatuses)[number];

export interface Task {
  readonly id: string;
  readonly title: string;
  /** It is absent if nobody has it. A task that was assigned is `open` until its owner claims it. */
  readonly owner?: string;
  readonly status: TaskStatus;
  readonly note?: string;
}

export const maxTasks = 200;
export const maxTaskText = 2000;
/** Maximum bytes of a list, so that it fits into an answer. */
export const maxListBytes: number = 128 * 1024;

/** The tasks of one trial, and what seats did with them. */
export class TaskList {
  readonly #tasks = new Map<string, Task>();
  readonly #now: () => number;
  readonly #claims = new Map<string, number>();
  readonly #updates = new Map<string, number>();
  #firstCreatedMs: number | undefined;
  #firstClaimedMs: number | undefined;

  /** `now`: in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  /** The time until the first claim counts from now, because nobody could claim a task before. */
  begin(): void {
    if (this.#firstCreatedMs !== undefined) this.#firstCreatedMs = this.#now();
  }

  create(title: string, owner?: string): Task {
    const id = String(this.#tasks.size + 1);
    const task: Task = {
      id,
      title: formatOneLine(title),
      status: 'open',
      ...(owner !== undefined && { owner }),
    };
    this.#refuseTooMuch(task);
    this.#firstCreatedMs ??= this.#now();
    return this.#set(task);
  }

  /** Returns undefined if another seat owns it. @throws Error when it does not exist. */
  claim(id: string, seat: string): Task | undefined {
    const task = this.#get(id);
    if (task.owner !== undefined && task.owner !== seat) return undefined;
    this.#firstClaimedMs ??= this.#now();
    count(this.#claims, seat);
    return this.#set({ ...task, owner: seat, status: 'in_progress' });
  }

  /** @throws Error when it does not exist or has another owner. */
  update(id: string, seat: string, status: TaskStatus, note: string): Task {
    const task = this.#get(id);
    if (task.owner !== seat)
      throw new Error(`task ${id} belongs to ${task.owner ?? 'nobody'}: claim it before you update it`);
    const updated = { ...task, status, ...(note !== '' && { note: formatOneLine(note) }) };
    if (note !== '') this.#refuseTooMuch(updated);
    count(this.#updates, seat);
    return this.#set(updated);
  }

  /** Returns the metrics of the Python original, under its names. */
  metrics(): ReturnType<NonNullable<OpenChannel['metrics']>> {
    const { tasks } = this;
    const [created, claimedMs] = [this.#firstCreatedMs, this.#firstClaimedMs];
    return {
      tasks_total: tasks.length,
      tasks_done: tasks.filter(({ status }) => status === 'done').length,
      unowned_at_end: tasks.filter(({ owner }) => owner === undefined).length,
      time_to_first_claim_seconds:
        created === undefined || claimedMs === undefined ? null : Math.round(claimedMs - created) / 1000,
      claims_per_agent: Object.fromEntries(this.#claims),
      updates_per_agent: Object.fromEntries(this.#updates),
    };
  }

  #get(id: string): Task {
    const task = this.#tasks.get(id);
    if (!task) throw new Error(`there is no task ${JSON.stringify(id.slice(0, 40))}`);
    return task;
  }

  /** @throws Error when the list would be too long with this task. */
  #refuseTooMuch(task: Task): void {
    const tasks = [...this.tasks.filter(({ id }) => id !== task.id), task];
    const bytes = tasks.reduce((sum, listedTask) => sum + Buffer.byteLength(formatTaskLine(listedTask)), 0);
    if (tasks.length > maxTasks || bytes > maxListBytes)
      throw new Error(`the list is full: it may have ${maxTasks} tasks and ${maxListBytes} bytes`);
  }

  #set(task: Task): Task {
    this.#tasks.set(task.id, task);
    return task;
  }
}

export function formatTaskLine({ id, title, owner, status, note }: Task): string {
  return `${id} [${status}] owner=${owner ?? '-'}: ${title}${note === undefined ? '' : ` (${note})`}`;
}

function formatOneLine(text: string): string {
  return text
    .trim()
    .replaceAll(/[\s\p{C}]+/gu, ' ')
    .slice(0, maxTaskText);
}

function count(counts: Map<string, number>, seat: string): void {
  counts.set(seat, (counts.get(seat) ?? 0) + 1);
}
