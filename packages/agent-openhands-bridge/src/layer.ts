import { readFileSync } from 'node:fs';
import { downloadScript, type FrameworkOptions, frameworkLayer } from '@cooperbench/agent-kit/definition';
import type { Layer } from '@cooperbench/core';
import { testedVersion } from './options.ts';

/** Returns the OpenHands agent-server for the sandbox, on PATH as `agent-server`. */
export function openHandsLayer(options: FrameworkOptions): Layer {
  const layerOptions = { name: 'openhands', program: 'agent-server', version: testedVersion, install };
  const { command = layerOptions.program } = options;
  return {
    ...frameworkLayer(layerOptions, options),
    // It has no `--version`. The agent asks the server for it.
    check: `command -v '${command}' >/dev/null || { echo 'it has no command ${command}' >&2; exit 1; }`,
  };
}

const install = `${downloadScript}${readFileSync(new URL('../src/install.sh', import.meta.url), 'utf8')}`;
