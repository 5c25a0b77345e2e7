import { type ImageProgress, type OnImageProgress, reasonOf } from '@cooperbench/core';

/** What is said in the middle of a pull or a build. */
export type Step = Pick<ImageProgress, 'text' | 'doneBytes' | 'totalBytes'>;

/** Does a pull or a build and tells that it begins, how it goes and how it ends. */
export async function told(
  about: Pick<ImageProgress, 'image' | 'phase'>,
  onProgress: OnImageProgress = () => {},
  work: (onStep: (step: Step) => void) => Promise<void>,
): Promise<void> {
  let last: Step = { text: '' };
  onProgress({ ...about, state: 'running', ...last });
  try {
    await work((step) => {
      last = step;
      onProgress({ ...about, state: 'running', ...step });
    });
  } catch (error) {
    onProgress({ ...about, state: 'failed', text: reasonOf(error) });
    throw error;
  }
  onProgress({ ...about, state: 'ready', ...last });
}
