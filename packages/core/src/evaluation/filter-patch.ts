import { Buffer } from 'node:buffer';
import { patchSections } from './patch-sections.ts';
import { type DropRules, dropRule } from './test-file-rule.ts';

export interface FilteredPatch {
  /** The rest of the patch, byte for byte. */
  readonly patch: Uint8Array;
  readonly dropped: readonly { readonly path: string; readonly rule: string }[];
}

/** Removes from an agent's patch the files that would collide with the hidden tests. */
export function filterPatch(patch: Uint8Array, rules: DropRules): FilteredPatch {
  const dropped: { path: string; rule: string }[] = [];
  const sections = patchSections(patch);
  const kept = sections.filter(({ paths }) => {
    for (const path of paths) {
      const rule = dropRule(path, rules);
      if (rule !== undefined) {
        dropped.push({ path, rule });
        return false;
      }
    }
    return true;
  });
  // A text without any recognised file stays, so that git refuses it.
  if (dropped.length === 0) return { patch, dropped };
  return { patch: Buffer.concat(kept.map((section) => section.bytes)), dropped };
}

/** The paths that a patch touches. */
export function touchedFiles(patch: Uint8Array): string[] {
  return patchSections(patch).flatMap((section) => section.paths);
}
