import { useRef, useState } from 'preact/hooks';
import { moveSpan, type Span, zoomSpan } from './span.ts';

type Event<E> = E & { readonly currentTarget: SVGSVGElement };

interface Options {
  readonly span: Span;
  /** The length of the clock. */
  readonly seconds: number;
  /** Returns the time below a pixel of the picture. */
  readonly timeAt: (x: number) => number;
  readonly moveTo: (seconds: number) => void;
  /** If it is absent, the picture does not zoom. */
  readonly zoomTo?: ((span: Span) => void) | undefined;
}

/** Pixels that a hand moves while it clicks. */
const still = 5;

/**
 * Returns what a mouse does on a time line: a click moves the cursor, a drag zooms into what it marks, and so does the wheel
 * with Ctrl, at the pointer. With Shift, or sideways, the wheel moves what is in sight.
 */
export function usePointer({ span, seconds, timeAt, moveTo, zoomTo }: Options) {
  const start = useRef<number | null>(null);
  const dragged = useRef(false);
  const [markedSpan, setMarked] = useState<Span | null>(null);
  const time = (event: Event<MouseEvent>): number =>
    timeAt(event.clientX - event.currentTarget.getBoundingClientRect().left);
  const end = (): void => {
    start.current = null;
    setMarked(null);
  };
  return {
    /** What a drag has marked so far. */
    marked: markedSpan,
    handlers: {
      onClick(event: Event<MouseEvent>): void {
        if (dragged.current) dragged.current = false;
        else moveTo(Math.min(seconds, Math.max(0, time(event))));
      },
      onPointerDown(event: Event<PointerEvent>): void {
        dragged.current = false;
        // A finger scrolls the page.
        if (zoomTo && event.pointerType === 'mouse' && event.button === 0) start.current = event.clientX;
      },
      onPointerMove(event: Event<PointerEvent>): void {
        if (start.current === null) return;
        if (!dragged.current && Math.abs(event.clientX - start.current) < still) return;
        // From here on, no step or message below the pointer gets the click.
        if (!dragged.current) event.currentTarget.setPointerCapture(event.pointerId);
        dragged.current = true;
        const timeThere = timeAt(start.current - event.currentTarget.getBoundingClientRect().left);
        const timeHere = time(event);
        setMarked({ from: Math.min(timeHere, timeThere), to: Math.max(timeHere, timeThere) });
      },
      onPointerUp(): void {
        if (markedSpan) zoomTo?.(markedSpan);
        end();
      },
      onPointerCancel: end,
      onWheel(event: Event<WheelEvent>): void {
        if (!zoomTo) return;
        const { deltaX, deltaY, ctrlKey, shiftKey } = event;
        const sideways = shiftKey ? deltaX || deltaY : Math.abs(deltaX) > Math.abs(deltaY) ? deltaX : 0;
        if (!ctrlKey && sideways === 0) return;
        event.preventDefault();
        const next = ctrlKey
          ? zoomSpan(span, seconds, 1.002 ** Math.max(-400, Math.min(400, deltaY)), time(event))
          : moveSpan(span, seconds, sideways / 1000);
        zoomTo(next);
      },
    },
  };
}
