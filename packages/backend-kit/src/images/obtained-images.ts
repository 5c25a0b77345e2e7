import type { PrepareOptions } from '@cooperbench/core';
import { OncePerKey } from '@cooperbench/core';

/**
 * Pulls or builds each image of a backend once, however many sandboxes wait for it. After a failure, the next call tries
 * again.
 */
export class ObtainedImages<T extends { readonly made: boolean }> extends OncePerKey<T> {
  /** Only the call whose work made the image gets `made` as true. */
  async obtain(key: string, options: PrepareOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (options.force) this.delete(key);
    const first = !this.has(key);
    const image = await this.get(key, work, options.signal);
    return { ...image, made: image.made && first };
  }
}
