/** How far each address was scrolled, so that the way back leads to the same place. */
const offsets = new Map<string, number>();

/** Scrolls an element to where it was at this address, and keeps where it is from now on. Returns what ends that. */
export function keepScroll(element: HTMLElement, name: string): () => void {
  const getKey = (): string => `${name} ${location.hash}`;
  const savedOffset = offsets.get(getKey());
  if (savedOffset !== undefined) element.scrollTop = savedOffset;
  const keepOffset = (): void => {
    // A page that is loading is short, which scrolls it to its beginning.
    if (!document.querySelector('.loading')) offsets.set(getKey(), element.scrollTop);
  };
  element.addEventListener('scroll', keepOffset, { passive: true });
  return () => element.removeEventListener('scroll', keepOffset);
}
