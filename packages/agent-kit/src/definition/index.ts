/** Tools for the definition of an agent whose framework runs in the sandbox. Importing them is cheap. */
export { formatAssignments } from './assignments.ts';
export { downloadScript } from './download.ts';
export {
  buildTuningOptions,
  type FrameworkOptions,
  frameworkOptions,
  modelOptions,
  type TuningOptions,
} from './framework-options.ts';
export { frameworkLayer } from './layer.ts';
export { unpackFromNpm } from './npm.ts';
export { installPython, type PythonInstall } from './python.ts';
