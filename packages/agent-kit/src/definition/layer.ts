import type { Layer } from '@cooperbench/core';
import { formatAssignments } from './assignments.ts';
import type { FrameworkOptions } from './framework-options.ts';

/**
 * Returns the layer of a framework. `install` is POSIX sh that puts `program` on PATH. It can use `$version` and `$registry`,
 * which is empty by default and does not end with a slash. With the option `command`, the layer installs nothing.
 */
export function frameworkLayer(
  {
    name,
    program,
    version: tested,
    install,
  }: {
    /** The beginning of the layer's key, such as `claude-code`. */
    readonly name: string;
    readonly program: string;
    /** The default version. */
    readonly version: string;
    readonly install: string;
  },
  { version = tested, registry = '', command }: Pick<FrameworkOptions, 'version' | 'registry' | 'command'>,
): Layer {
  const started = command ?? program;
  const assignmentText = formatAssignments({ version, registry: registry.replace(/\/+$/, '') });
  return {
    key: command === undefined ? `${name}-${version}` : `${name} as ${command}`,
    install: command === undefined ? `${assignmentText}${install}` : ':',
    check: `command -v '${started}' >/dev/null || { echo 'it has no command ${started}' >&2; exit 1; }\n'${started}' --version`,
  };
}
