import { readFileSync } from 'node:fs';
import {
  type FrameworkOptions,
  formatAssignments,
  frameworkLayer,
  installPython,
} from '@cooperbench/agent-kit/definition';
import type { Layer } from '@cooperbench/core';
import { miniPins } from './mini-pins.ts';
import { miniVersion, type SweAgentOptions, sweVersion } from './options.ts';
import { swePins } from './swe-pins.ts';

/** Later versions import packages that they do not require. With other versions of the agents, only LiteLLM is pinned. */
const litellm = 'litellm==1.100.5';

/** The Python that has mini-SWE-agent, where a layer installed it. */
export const miniPython = '/opt/mini-swe-agent/venv/bin/python';

/** mini-SWE-agent for the sandbox. With `command`, a Python there has it already. */
export function createMiniLayer(options: FrameworkOptions): Layer {
  const { version = miniVersion, command = miniPython } = options;
  const install = installPython({
    directory: '/opt/mini-swe-agent',
    python: '>=3.11,<3.15',
    packages: '"mini-swe-agent==$version"',
    pins: version === miniVersion ? miniPins : litellm,
  });
  const layer = frameworkLayer(
    { name: 'mini-swe-agent', program: miniPython, version: miniVersion, install },
    options,
  );
  return { ...layer, check: hasDistribution('mini-swe-agent', command) };
}

/** The Python that has SWE-agent, where a layer installed it. */
export const swePython = '/opt/swe-agent/venv/bin/python';

/** SWE-agent for the sandbox, from the source of its release. With `command`, a Python there has it already. */
export function createSweLayer(options: SweAgentOptions): Layer {
  const { version = sweVersion, source = '', command = swePython } = options;
  const install = `${formatAssignments({ source })}${installPython({
    directory: '/opt/swe-agent',
    // The parser of its tools does not support a newer Python.
    python: '>=3.11,<3.13',
    packages: "-e ./source 'tree-sitter==0.21.3' tree-sitter-languages",
    pins: version === sweVersion ? swePins : litellm,
    before: unpack,
  })}`;
  const layer = frameworkLayer(
    { name: 'swe-agent', program: swePython, version: sweVersion, install },
    options,
  );
  return { ...layer, check: hasDistribution('sweagent', command) };
}

const unpack = readFileSync(new URL('../src/unpack-source.sh', import.meta.url), 'utf8');

const hasDistribution = (distribution: string, python: string): string =>
  `'${python}' -I -c 'from importlib.metadata import version; print(version("${distribution}"))'`;
