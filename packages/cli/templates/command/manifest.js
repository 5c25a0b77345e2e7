/** Writes oclif.manifest.json after a build: with it, `cooperbench` imports the command only when somebody calls it. */
import { writeFileSync } from 'node:fs';
import { Plugin } from '@oclif/core/config';

const plugin = new Plugin({ root: import.meta.dirname, type: 'core', isRoot: true, ignoreManifest: true });
await plugin.load();
writeFileSync(new URL('oclif.manifest.json', import.meta.url), JSON.stringify(plugin.manifest));
