import type { ComponentChildren } from 'preact';

/** Preformatted text that a keyboard can scroll. */
export function TextBlock({ children }: { readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: An area that scrolls must be reachable by keyboard.
    <pre class="text-block" tabIndex={0} dir="auto">
      {children}
    </pre>
  );
}
