import type { RunEvent } from '@cooperbench/core';
import { runDefaults } from '@cooperbench/core/defaults';
import { finalBlock } from './final-block.ts';
import { count, duration, money, trialLabel } from './format.ts';
import { imageLines } from './image-lines.ts';
import type { Paint } from './paint.ts';
import type { Progress, TrialProgress } from './progress.ts';
import { safeText } from './safe-text.ts';
import { ending, messageLine, verdictLine } from './trial-lines.ts';

type Event<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

export interface EventLinesOptions {
  readonly paint: Paint;
  readonly now: () => number;
  /** Running trials are shown elsewhere: their start is not told, and their end names them. */
  readonly live: boolean;
}

/** Tells a run in lines. What it tells of an event, it tells after `progress` has taken that event in. */
export class EventLines {
  readonly #progress: Progress;
  readonly #options: EventLinesOptions;
  /** The trial that the line before spoke of. */
  #spokenOf: string | undefined;

  constructor(progress: Progress, options: EventLinesOptions) {
    this.#progress = progress;
    this.#options = options;
  }

  lines(event: RunEvent, trial: TrialProgress | undefined): readonly string[] {
    const { paint, now, live } = this.#options;
    const progress = this.#progress;
    switch (event.type) {
      case 'run_started':
        return [...this.#header(event), ''];
      case 'trial_started': {
        if (live) return [];
        this.#spokenOf = event.trial;
        return [`${this.#tag(trial)} ${trialLabel(event.trial)}`];
      }
      case 'message':
        return [`  ${this.#tagWhenNeeded(event.trial, trial)}${messageLine(event, paint)}`];
      case 'trial_finished': {
        this.#spokenOf = undefined;
        const label = live || !trial ? ` ${trialLabel(event.trial)}` : '';
        return [`${this.#tag(trial)}${label} ${ending(event, trial, paint)}`];
      }
      case 'evaluation_started':
        return [...(progress.run ? [''] : []), this.#evaluation(event)];
      case 'verdict': {
        const { done, total } = progress.evaluation ?? { done: '?', total: '?' };
        return [`${paint('bold', `[Eval ${done}/${total}]`)} ${verdictLine(event, paint)}`];
      }
      case 'images_started':
        return [this.#line(`Building ${count(event.images, 'image')}, backend ${safeText(event.backend)}`)];
      case 'image': {
        const { news } = progress.images;
        if (!news || (live && event.state === 'running')) return [];
        this.#spokenOf = undefined;
        const [head = '', ...more] = imageLines(news, now(), paint);
        return [this.#line(head), ...more];
      }
      case 'images_finished':
        return ['', this.#line(this.#images(event))];
      case 'notice':
        return [
          this.#line(
            event.level === 'warning'
              ? `${paint('yellow', 'Warning:')} ${safeText(event.text)}`
              : safeText(event.text),
          ),
        ];
      case 'run_stopped':
        return [this.#line(`${paint('red', 'Stopped:')} ${safeText(event.reason)}`)];
      case 'evaluation_finished':
        return progress.over
          ? ['', ...finalBlock({ evaluation: event.summary }, progress, now(), paint)]
          : [];
      case 'run_finished':
        return [
          '',
          ...finalBlock({ run: event.summary, evaluation: event.summary.eval }, progress, now(), paint),
        ];
      default:
        return [];
    }
  }

  /** What is said when nothing more comes. */
  last(): readonly string[] {
    const { run, evaluation, images, over, done, errors, cancelled, cost } = this.#progress;
    if (over) return [];
    const finished = done - errors - cancelled;
    const parts: string[] = [];
    if (images.asked !== undefined)
      parts.push(`${images.built + images.present} of ${count(images.asked, 'image')} there`);
    if (run) parts.push(`${finished} of ${count(run.trials, 'trial')} finished (${money(cost)})`);
    if (errors > 0) parts.push(`${errors} lost`);
    if (cancelled > 0) parts.push(`${cancelled} cancelled`);
    if (evaluation) parts.push(`${evaluation.done} of ${evaluation.total} evaluated`);
    if (run) parts.push(`kept in ${safeText(run.log_dir)}`);
    if (parts.length === 0) return [];
    const left = run ? run.trials - finished : 0;
    const unjudged = evaluation ? evaluation.total - evaluation.done : 0;
    const rest = left > 0 ? count(left, 'trial') : count(unjudged, 'evaluation');
    const again = run?.force ? 'Repeat the command without --force' : 'Repeat the command';
    const goOn = left + unjudged > 0 ? [this.#line(`${again} to go on: ${rest} left`)] : [];
    return ['', this.#line(`Ended early: ${parts.join(', ')}`), ...goOn];
  }

  #header(event: Event<'run_started'>): string[] {
    const total = event.trials + event.skipped;
    const already = event.skipped > 0 ? ` (${event.skipped} already done)` : '';
    return [
      `Starting experiment: ${safeText(event.run)}`,
      `Setting: ${safeText(event.setting)}`,
      `Agent: ${safeText(event.agent)}`,
      ...(event.model === null ? [] : [`Model: ${safeText(event.model)}`]),
      `Backend: ${safeText(event.backend)}`,
      `Found ${count(total, 'trial')}${already}`,
      `Running with concurrency=${event.concurrency}`,
    ].map((text) => this.#line(text));
  }

  #evaluation({ run, trials, skipped, backend, evaluator, policy }: Event<'evaluation_started'>): string {
    const already = skipped > 0 ? ` (${skipped} already evaluated)` : '';
    const judge = evaluator === runDefaults.evaluator ? '' : `, evaluator ${safeText(evaluator)}`;
    return this.#line(
      `Evaluating ${safeText(run)}: ${count(trials + skipped, 'trial')}${already}, backend ${safeText(backend)}${judge}, merge policy ${safeText(policy)}`,
    );
  }

  #images({ built, present, failed }: Event<'images_finished'>): string {
    const { paint, now } = this.#options;
    const errors = failed > 0 ? `, ${paint('red', `${failed} failed`)}` : '';
    const time = duration(this.#progress.elapsedSeconds(now()));
    return `Images: ${built} built, ${present} there already${errors}, in ${time}`;
  }

  #line(text: string): string {
    return `${this.#options.paint('bold', '[CooperBench]')} ${text}`;
  }

  #tag(trial: TrialProgress | undefined): string {
    const total = this.#progress.run?.trials ?? '?';
    return this.#options.paint('bold', `[Trial ${trial?.number ?? '?'}/${total}]`);
  }

  /** A line that follows its own trial's needs no name, as long as no other trial runs. */
  #tagWhenNeeded(id: string, trial: TrialProgress | undefined): string {
    const alone = this.#progress.running.size === 1 && this.#spokenOf === id;
    this.#spokenOf = alone ? id : undefined;
    return alone ? '' : `${trial ? this.#tag(trial) : trialLabel(id)} `;
  }
}
