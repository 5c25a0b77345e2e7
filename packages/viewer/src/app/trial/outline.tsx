import { useEffect } from 'preact/hooks';
import type { Lane, Step } from '../../data/model.ts';
import { formatClockText } from '../parts/clock.ts';
import { cost } from '../parts/figures.ts';
import { formatPlainText } from '../parts/plain-text.ts';
import { Scroll } from '../parts/scroll.tsx';
import { useVirtualRows } from '../parts/virtual.ts';

interface Props {
  readonly lane: Lane;
  /** The message that the URL leads to. */
  readonly wanted: number | null;
  readonly href: (message: number) => string;
}

/** The steps of a seat in a line each, as a table of contents of its trajectory. */
export function Outline({ lane: { seat, steps }, wanted, href }: Props) {
  const { box, items, before, after, scrollTo } = useVirtualRows(steps.length, 46);
  const current =
    wanted === null ? -1 : steps.findLastIndex(({ message }) => message !== null && message <= wanted);
  useEffect(() => {
    if (current > 2) scrollTo(current - 2);
  }, [current]);
  return (
    <Scroll label={`Steps of ${seat}`} kind="outline" box={box}>
      <div style={{ height: `${before}px` }} />
      {items.map(({ index, key }) => {
        const step = steps[index];
        if (!step) return null;
        const words = (
          <>
            <span class="text">
              {step.step} <code dir="auto">{formatPlainText(step.summary, 80)}</code>
            </span>
            <span class="muted">{formatUsedBy(step)}</span>
          </>
        );
        return step.message === null ? (
          <div class="outline-step" key={key}>
            {words}
          </div>
        ) : (
          <a
            class="outline-step"
            key={key}
            href={href(step.message)}
            aria-current={index === current ? 'true' : undefined}
          >
            {words}
          </a>
        );
      })}
      <div style={{ height: `${after}px` }} />
    </Scroll>
  );
}

/** When a step was, what it cost, and how long the model and its commands took. */
export function formatUsedBy(step: Step): string {
  return [
    step.seconds !== null && formatClockText(step.seconds),
    step.cost !== null && cost(step.cost),
    formatDurations(step),
  ]
    .filter(Boolean)
    .join(' · ');
}

/** `model 3.2 s, commands 0.4 s`. Returns an empty value if the trajectory does not say. */
export function formatDurations({ model_seconds: model, command_seconds: commands }: Step): string {
  return [
    model !== null && `model ${model.toFixed(1)} s`,
    commands !== null && `commands ${commands.toFixed(1)} s`,
  ]
    .filter(Boolean)
    .join(', ');
}
