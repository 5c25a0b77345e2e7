import type { Channel, ChannelContext, OpenChannel, SeatAnswer } from '@cooperbench/core';
import type { Options } from './options.ts';

interface Task {
  readonly text: string;
  readonly owner?: string;
  readonly done?: true;
}

const usage = 'tasks list | add TEXT | claim NUMBER | done NUMBER';

/** A list of tasks that the seats of a trial share. It lives in this process; sandboxes reach it through the command. */
export function createChannel({ maxTasks = 100 }: Options): Channel {
  return {
    commands: [{ name: 'tasks', usage }],
    metrics: { tasks_added: {}, tasks_done: { better: 'higher' } },
    open: async (trial) => openList(trial, maxTasks),
  };
}

function openList({ emit }: ChannelContext, maxTasks: number): OpenChannel {
  const tasks: Task[] = [];
  const line = ({ text, owner, done }: Task, index: number): string =>
    `${index + 1} [${done ? 'done' : (owner ?? 'open')}] ${text}\n`;
  /** Calls of several seats do not interleave, because nothing here waits. */
  const change = (seat: string, index: number, task: Task): SeatAnswer => {
    tasks[index] = task;
    const stdout = line(task, index);
    emit({ type: 'activity', seat, channel: '__name__', text: stdout.trim() });
    return { stdout };
  };
  return {
    instructions: () =>
      'You share a list of tasks. `tasks list` shows it, and `tasks add "TEXT"` adds a task. Run `tasks claim NUMBER` before you begin a task, so that nobody else does it, and `tasks done NUMBER` when it is finished.',
    // The host sets `seat`. When this throws, the command prints the message and exits with 1.
    async run({ seat, args: [verb, ...words] }) {
      if (verb === 'list') return { stdout: tasks.map(line).join('') || 'There are no tasks.\n' };
      const text = words.join(' ').trim().replaceAll(/\s+/g, ' ').slice(0, 200);
      if (text === '') return { exitCode: 2, stderr: `usage: ${usage}\n` };
      if (verb === 'add') {
        if (tasks.length >= maxTasks) throw new Error(`the list is full: it has ${maxTasks} tasks`);
        return change(seat, tasks.length, { text });
      }
      const index = Number(text) - 1;
      const task = tasks[index];
      if (!task) throw new Error(`there is no task ${text}`);
      if (task.owner !== undefined && task.owner !== seat) throw new Error(`${task.owner} has claimed it`);
      if (verb === 'claim') return change(seat, index, { ...task, owner: seat });
      if (verb === 'done') return change(seat, index, { ...task, owner: seat, done: true });
      return { exitCode: 2, stderr: `usage: ${usage}\n` };
    },
    metrics: () => ({ tasks_added: tasks.length, tasks_done: tasks.filter(({ done }) => done).length }),
    async [Symbol.asyncDispose]() {},
  };
}
