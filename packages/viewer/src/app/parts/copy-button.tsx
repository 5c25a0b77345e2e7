import { useState } from 'preact/hooks';

/** Copies a text into the clipboard, and says so. */
export function CopyButton({ what, text }: { readonly what: string; readonly text: string }) {
  const [state, setState] = useState<'ready' | 'copied' | 'failed'>('ready');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      setState('failed');
    }
    setTimeout(() => setState('ready'), 2000);
  };
  return (
    <button type="button" class="quiet copy" onClick={copy}>
      {{ ready: 'Copy', copied: 'Copied', failed: 'The browser refused' }[state]}
      <span class="hidden"> {what}</span>
    </button>
  );
}
