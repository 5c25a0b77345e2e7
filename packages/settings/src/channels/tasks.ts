import {
  type Channel,
  type ChannelContext,
  type ChannelDefinition,
  type Inbox,
  type OpenChannel,
  objectSchema,
  option,
  type SeatAnswer,
  type SeatCall,
  type SeatPlan,
} from '@cooperbench/core';
import { Changes } from './changes.ts';
import { formatTaskLine, type Task, TaskList, type TaskStatus, taskStatuses } from './task-list.ts';

interface Options {
  readonly refresh?: boolean;
}

const usage = {
  task_list: 'task_list [--mine|--open]',
  task_create: 'task_create [--assign SEAT] TITLE',
  task_claim: 'task_claim ID',
  task_update: `task_update ID ${taskStatuses.join('|')} [NOTE]`,
} as const;

/** Creates a list of tasks. At the start, it has one task for each feature. */
function createTasks({ refresh = true }: Options): Channel {
  return {
    commands: Object.entries(usage).map(([name, usage]) => ({ name, usage })),
    metrics: {
      tasks_total: {},
      tasks_done: { better: 'higher' },
      unowned_at_end: { better: 'lower' },
      time_to_first_claim_seconds: { title: 'time to first claim', unit: 's', better: 'lower' },
      claims_per_agent: {},
      updates_per_agent: {},
    },
    open: async (trial) => new TrialTasks(trial, refresh),
  };
}

class TrialTasks implements OpenChannel {
  readonly #trial: ChannelContext;
  readonly #list = new TaskList();
  readonly #changes = new Changes();
  /** Rises with every change of the list. */
  #version = 1;
  readonly #refresh: boolean;
  #hasBegun = false;

  constructor(trial: ChannelContext, refresh: boolean) {
    this.#trial = trial;
    this.#refresh = refresh;
    for (const { id, features } of trial.seats)
      for (const feature of features) this.#list.create(`Implement feature ${feature}`, id);
  }

  instructions(seat: SeatPlan): string {
    const ownTaskIds = this.#list.tasks.filter(({ owner }) => owner === seat.id).map(({ id }) => id);
    const yours = ownTaskIds.length > 0 ? ` Yours: ${ownTaskIds.join(', ')}.` : '';
    return `You share a list of tasks, with one task for each feature.${yours}
- \`task_list\` shows it; \`task_list --mine\` your tasks, and \`task_list --open\` those that nobody owns.
- \`task_create [--assign SEAT] "TITLE"\` adds a task.
- \`task_claim ID\` makes it yours. Claim a task before you begin it, even if it is assigned to you. Exit code 2: somebody else has it.
- \`task_update ID STATUS "NOTE"\` says how it is going: ${taskStatuses.join(', ')}. Only its owner can.`;
  }

  /** The sandboxes of the first seats may have waited for room. */
  async join(): Promise<void> {
    if (!this.#hasBegun) this.#list.begin();
    this.#hasBegun = true;
  }

  async run(call: SeatCall): Promise<SeatAnswer> {
    const { command, args } = call;
    if (command === 'task_list') return this.#show(call.seat, args);
    const text = args.join(' ').trim();
    if (text === '') return buildWrongUsage(command);
    if (command === 'task_create') return this.#create(call.seat, args);
    const [id = '', status = '', ...note] = args;
    if (command === 'task_claim') {
      if (args.length !== 1) return buildWrongUsage(command);
      const task = this.#list.claim(id, call.seat);
      if (!task) return { exitCode: 2, stderr: `task ${id} belongs to somebody else\n` };
      return this.#announceChange(call.seat, 'claims', task);
    }
    if (!isStatus(status)) return buildWrongUsage(command);
    return this.#announceChange(
      call.seat,
      'updates',
      this.#list.update(id, call.seat, status, note.join(' ')),
    );
  }

  /** Notes with the list, whenever it has changed. */
  inbox(seat: string): Inbox {
    let shownVersion = this.#refresh ? 1 : Number.POSITIVE_INFINITY;
    let shownBefore = shownVersion;
    return {
      take: async ({ waitMs = 0, signal } = {}) => {
        const readIfNewer = (): true | undefined => (this.#version > shownVersion ? true : undefined);
        if (!(await this.#changes.waitUntil(readIfNewer, waitMs, signal))) return [];
        shownBefore = shownVersion;
        shownVersion = this.#version;
        return [{ text: `[Tasks]\n${formatLines(this.#list.tasks, seat)}` }];
      },
      giveBack: (notes) => {
        if (notes.length > 0) shownVersion = shownBefore;
      },
    };
  }

  metrics(): ReturnType<NonNullable<OpenChannel['metrics']>> {
    return this.#list.metrics();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #create(seat: string, args: readonly string[]): SeatAnswer {
    const isAssigned = args[0] === '--assign';
    const owner = isAssigned ? args[1] : undefined;
    const title = args
      .slice(isAssigned ? 2 : 0)
      .join(' ')
      .trim();
    if (title === '' || (isAssigned && owner === undefined)) return buildWrongUsage('task_create');
    if (owner !== undefined && !this.#trial.seats.some(({ id }) => id === owner))
      throw new Error(`there is no ${owner} in this trial`);
    return this.#announceChange(seat, 'creates', this.#list.create(title, owner));
  }

  #show(seat: string, args: readonly string[]): SeatAnswer {
    const [filter, ...rest] = args;
    if (rest.length > 0 || (filter !== undefined && filter !== '--mine' && filter !== '--open'))
      return buildWrongUsage('task_list');
    const { tasks } = this.#list;
    const matchingTasks = tasks.filter(({ owner, status }) =>
      filter === '--mine'
        ? owner === seat
        : filter === undefined || (owner === undefined && status === 'open'),
    );
    return { stdout: `${formatLines(matchingTasks, seat)}\n` };
  }

  #announceChange(seat: string, verb: string, task: Task): SeatAnswer {
    this.#version += 1;
    this.#changes.notify();
    const line = formatTaskLine(task);
    this.#trial.emit({ type: 'activity', seat, channel: 'tasks', text: `${verb} task ${line}` });
    return { stdout: `${line}\n` };
  }
}

function formatLines(tasks: readonly Task[], seat: string): string {
  if (tasks.length === 0) return 'There are no tasks.';
  return tasks.map((task) => `${formatTaskLine(task)}${task.owner === seat ? ' (yours)' : ''}`).join('\n');
}

function isStatus(text: string): text is TaskStatus {
  return (taskStatuses as readonly string[]).includes(text);
}

function buildWrongUsage(command: string): SeatAnswer {
  return { exitCode: 2, stderr: `usage: ${usage[command as keyof typeof usage]}\n` };
}

export const tasksChannel: ChannelDefinition = {
  options: objectSchema<Options>({
    refresh: {
      ...option.flag('Agents with an inbox see the list before their next step whenever it has changed.'),
      default: true,
    },
  }),
  create: (options: Options) => createTasks(options),
};
