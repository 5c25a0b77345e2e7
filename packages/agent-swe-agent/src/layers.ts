import { type FrameworkOptions, frameworkLayer, installPython } from '@cooperbench/agent-kit/definition';
import type { Layer } from '@cooperbench/core';
import { miniPins } from './mini-pins.ts';
import { miniVersion, type SweAgentOptions, sweVersion } from './options.ts';
import { swePins } from './swe-pins.ts';

/** Later versions import packages that they do not require. With other versions of the agents, only LiteLLM is pinned. */
const litellm = 'litellm==1.100.5';

/** The Python that has mini-SWE-agent, where a layer installed it. */
export const miniPython = '/opt/mini-swe-agent/venv/bin/python';

/** mini-SWE-agent for the sandbox. With `command`, a Python there has it already. */
export function miniLayer(options: FrameworkOptions): Layer {
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
  return { ...layer, check: has('mini-swe-agent', command) };
}

/** The Python that has SWE-agent, where a layer installed it. */
export const swePython = '/opt/swe-agent/venv/bin/python';

/** SWE-agent for the sandbox, from the source of its release. With `command`, a Python there has it already. */
export function sweLayer(options: SweAgentOptions): Layer {
  const { version = sweVersion, source = '', command = swePython } = options;
  const install = `source='${source}'\n${installPython({
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
  return { ...layer, check: has('sweagent', command) };
}

/** Makes the tools use SWE-agent's Python, which has what they need. Otherwise they install it with the Python of the task. */
const unpack = `
mkdir -p source/trajectories
case $source in
  '') download "https://github.com/SWE-agent/SWE-agent/archive/refs/tags/v$version.tar.gz" source.tar.gz ;;
  /*) cp "$source" source.tar.gz ;;
  *) download "$source" source.tar.gz ;;
esac
tar -xzf source.tar.gz -C source --strip-components=1
rm source.tar.gz
for tool in source/tools/*/bin/*; do
  sed -i '1s|^#!.*python.*|#!/opt/swe-agent/venv/bin/python|' "$tool"
done
for script in source/tools/*/install.sh; do
  if grep -q 'pip install' "$script"; then sed -i 's/^ *pip install .*/:/' "$script"; fi
done
`;

const has = (distribution: string, python: string): string =>
  `'${python}' -I -c 'from importlib.metadata import version; print(version("${distribution}"))'`;
