/** How far each address was scrolled, so that the way back leads to the same place. */
const offsets = new Map<string, number>();

/** Scrolls an element to where it was at this address, and keeps where it is from now on. Returns what ends that. */
export function keepScroll(element: HTMLElement, name: string): () => void {
  const key = (): string => `${name} ${location.hash}`;
  const kept = offsets.get(key());
  if (kept !== undefined) element.scrollTop = kept;
  const keep = (): void => {
    // A page that is loading is short, which scrolls it to its beginning.
    if (!document.querySelector('.loading')) offsets.set(key(), element.scrollTop);
  };
  element.addEventListener('scroll', keep, { passive: true });
  return () => element.removeEventListener('scroll', keep);
}
