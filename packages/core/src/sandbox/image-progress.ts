import type { ImageProgress, OnImageProgress } from '../contracts/backend.ts';
import { reasonOf } from '../contracts/errors.ts';

/** One line of a pull or a build. */
export type ImageStep = Pick<ImageProgress, 'text' | 'doneBytes' | 'totalBytes'>;

/** Reports the beginning of a pull or a build, its steps and its end. */
export async function trackImage(
  about: Pick<ImageProgress, 'image' | 'phase'>,
  onProgress: OnImageProgress = () => {},
  work: (onStep: (step: ImageStep) => void) => Promise<void>,
): Promise<void> {
  let last: ImageStep = { text: '' };
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
