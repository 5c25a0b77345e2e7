import type { RunEvent } from '@cooperbench/records';
import { runDefaults } from '@cooperbench/runs/defaults';
import { count, formatCostText, formatDuration } from '../figures/format.ts';
import type { Paint } from '../terminal/paint.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatFinalBlock, type Summaries } from './final-block.ts';
import { formatImageLines } from './image-lines.ts';
import type { Progress, TrialProgress } from './progress.ts';
import { formatReferencesLine, formatValidatedLine, formatValidationLine } from './reference-lines.ts';
import { formatMessageLine, formatTrialEnding, formatTrialLabel, formatVerdictLine } from './trial-lines.ts';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export interface EventLinesOptions {
  readonly paint: Paint;
  readonly now: () => number;
  /**
   * It is true if a live block shows running trials. Then the start of a trial has no line, and the line of its end names it.
   */
  readonly live: boolean;
  /** Same as in `ReporterOptions`. */
  readonly part?: string | undefined;
  /** Returns the width of the terminal. If it is absent, the width is unlimited. */
  readonly columns?: () => number | undefined;
}

/** Turns the events of a run into lines. Apply an event to `progress` before you ask for its lines. */
export class EventLines {
  readonly #progress: Progress;
  readonly #options: EventLinesOptions;
  /** The trial that the previous line was about. */
  #previousTrial: string | undefined;

  constructor(progress: Progress, options: EventLinesOptions) {
    this.#progress = progress;
    this.#options = options;
  }

  lines(event: RunEvent, trial: TrialProgress | undefined): readonly string[] {
    const { paint, now, live } = this.#options;
    const progress = this.#progress;
    switch (event.type) {
      case 'run_started':
        return [...this.#formatHeader(event), ''];
      case 'trial_started': {
        if (live) return [];
        this.#previousTrial = event.trial;
        return [`${this.#formatTag(trial)} ${formatTrialLabel(event.trial)}`];
      }
      case 'phase_started': {
        const { phase, seats } = event;
        return [`  ${this.#formatTagWhenNeeded(event.trial, trial)}${phase}: ${seats.join(', ')}`];
      }
      case 'message':
        return [`  ${this.#formatTagWhenNeeded(event.trial, trial)}${formatMessageLine(event, paint)}`];
      case 'trial_finished': {
        this.#previousTrial = undefined;
        const label = live || !trial ? ` ${formatTrialLabel(event.trial)}` : '';
        return [`${this.#formatTag(trial)}${label} ${formatTrialEnding(event, trial, paint)}`];
      }
      case 'evaluation_started':
        return [...(progress.run ? [''] : []), this.#formatEvaluation(event)];
      case 'verdict': {
        const { done, total } = progress.evaluation ?? { done: '?', total: '?' };
        return [`${paint('bold', `[Eval ${done}/${total}]`)} ${formatVerdictLine(event, paint)}`];
      }
      case 'images_started': {
        const images = count(event.images, 'image');
        const action =
          event.agent === null ? `Building ${images}` : `Preparing ${images} for ${safeText(event.agent)}`;
        return [this.#formatLine(`${action}, backend ${safeText(event.backend)}`)];
      }
      case 'image': {
        const { latest } = progress.images;
        if (!latest || (live && event.state === 'running')) return [];
        this.#previousTrial = undefined;
        const [first = '', ...otherLines] = formatImageLines(latest, now(), paint);
        return [this.#formatLine(first), ...otherLines];
      }
      case 'images_finished':
        return ['', this.#formatLine(this.#formatImages(event))];
      case 'validation_started':
        return [this.#formatLine(formatValidationLine(event))];
      case 'validated': {
        const { done, total } = progress.validation ?? { done: '?', total: '?' };
        return [`${paint('bold', `[${done}/${total}]`)} ${formatValidatedLine(event, paint)}`];
      }
      case 'validation_finished':
        return [
          '',
          this.#formatLine(
            formatReferencesLine(event, formatDuration(progress.elapsedSeconds(now())), paint),
          ),
        ];
      case 'notice': {
        const warning = event.level === 'warning' ? `${paint('yellow', 'Warning:')} ` : '';
        return [this.#formatLine(`${warning}${safeText(event.text)}`)];
      }
      case 'run_stopped':
        return [this.#formatLine(`${paint('red', 'Stopped:')} ${safeText(event.reason)}`)];
      case 'evaluation_finished':
        return progress.over ? this.#formatFinalBlock({ evaluation: event.summary }) : [];
      case 'run_finished':
        return this.#formatFinalBlock({ run: event.summary, evaluation: event.summary.eval });
      default:
        return [];
    }
  }

  /** Returns the lines for a command that ended before its last event. Returns an empty list for any other command. */
  endedEarly(): readonly string[] {
    const { run, evaluation, images, validation, over, done, errors, cancelled, cost } = this.#progress;
    if (over) return [];
    const finishedCount = done - errors - cancelled;
    const parts: string[] = [];
    if (images.total !== undefined)
      parts.push(`${images.built + images.present} of ${count(images.total, 'image')} ready`);
    if (validation) parts.push(`${validation.done} of ${count(validation.total, 'feature')} tested`);
    if (run)
      parts.push(
        `${finishedCount} of ${count(run.trials, 'trial')} finished (${formatCostText(cost.total_cost, cost.cost_known)})`,
      );
    if (errors > 0) parts.push(`${errors} lost`);
    if (cancelled > 0) parts.push(`${cancelled} cancelled`);
    if (evaluation) parts.push(`${evaluation.done} of ${evaluation.total} evaluated`);
    if (run) parts.push(`kept in ${safeText(run.log_dir)}`);
    if (parts.length === 0) return [];
    const stages: [remaining: number, noun: string][] = [
      [run ? run.trials - finishedCount : 0, 'trial'],
      [evaluation ? evaluation.total - evaluation.done : 0, 'evaluation'],
      [validation ? validation.total - validation.done : 0, 'feature'],
    ];
    const current = stages.find(([remaining]) => remaining > 0);
    const repeat = run?.force ? 'Repeat the command without --force' : 'Repeat the command';
    const resume = current ? [this.#formatLine(`${repeat} to resume: ${count(...current)} left`)] : [];
    return ['', this.#formatLine(`Ended early: ${parts.join(', ')}`), ...resume];
  }

  #formatHeader(event: Event<'run_started'>): string[] {
    const total = event.trials + event.skipped;
    const already = event.skipped > 0 ? ` (${event.skipped} already done)` : '';
    const { part } = this.#options;
    return [
      `Starting run: ${safeText(event.run)}${part ? ` (${part})` : ''}`,
      `Setting: ${safeText(event.setting)}`,
      ...formatSeatLines(event),
      `Found ${count(total, 'trial')}${already}`,
      `Running with concurrency=${event.concurrency}`,
    ].map((text) => this.#formatLine(text));
  }

  #formatEvaluation({
    run,
    trials,
    skipped,
    backend,
    evaluator,
    policy,
  }: Event<'evaluation_started'>): string {
    const already = skipped > 0 ? ` (${skipped} already evaluated)` : '';
    const evaluatorText = evaluator === runDefaults.evaluator ? '' : `, evaluator ${safeText(evaluator)}`;
    const under = policy === null ? '' : `, merge policy ${safeText(policy)}`;
    return this.#formatLine(
      `Evaluating ${safeText(run)}: ${count(trials + skipped, 'trial')}${already}, backend ${safeText(backend)}${evaluatorText}${under}`,
    );
  }

  #formatImages({ built, present, failed }: Event<'images_finished'>): string {
    const { paint, now } = this.#options;
    const errors = failed > 0 ? `, ${paint('red', `${failed} failed`)}` : '';
    const time = formatDuration(this.#progress.elapsedSeconds(now()));
    return `Images: ${built} built, ${present} already present${errors}, in ${time}`;
  }

  #formatFinalBlock(summaries: Summaries): string[] {
    const { paint, now, columns } = this.#options;
    return ['', ...formatFinalBlock(summaries, this.#progress, { now: now(), paint, columns: columns?.() })];
  }

  #formatLine(text: string): string {
    return `${this.#options.paint('bold', '[CooperBench]')} ${text}`;
  }

  #formatTag(trial: TrialProgress | undefined): string {
    const total = this.#progress.run?.trials ?? '?';
    return this.#options.paint('bold', `[Trial ${trial?.number ?? '?'}/${total}]`);
  }

  /** Formats the tag of a trial. Empty when the previous line is about the same trial and no other trial runs. */
  #formatTagWhenNeeded(id: string, trial: TrialProgress | undefined): string {
    const clear = this.#progress.running.size === 1 && this.#previousTrial === id;
    this.#previousTrial = clear ? id : undefined;
    return clear ? '' : `${trial ? this.#formatTag(trial) : formatTrialLabel(id)} `;
  }
}

/** Formats the lines about agent, model and backend: once for all seats, or for each seat if they differ. */
function formatSeatLines({ seats, ...run }: Event<'run_started'>): string[] {
  const texts = seats.map(({ agent, model, backend }) =>
    [agent, model, backend].flatMap((text) => (text === null ? [] : safeText(text))).join(', '),
  );
  if (new Set(texts).size > 1)
    return seats.map(({ seat }, index) => `Seat ${safeText(seat)}: ${texts[index]}`);
  const { agent, model, backend } = seats[0] ?? run;
  return [
    ...(agent === null ? [] : [`Agent: ${safeText(agent)}`]),
    ...(model === null ? [] : [`Model: ${safeText(model)}`]),
    `Backend: ${safeText(backend)}`,
  ];
}
