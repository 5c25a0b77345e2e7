/**
 * The packages of this repository that the sources of each package may import. A test may import what its package.json
 * names. Nothing imports the files of another package.
 */
export const packages: Readonly<Record<string, readonly string[]>> = {
  core: [],
  records: ['core'],
  runs: ['core', 'records'],
  command: ['core', 'records', 'runs'],
  'agent-kit': ['core'],
  'evaluator-tests': ['core'],
  'network-registries': ['core', 'agent-kit'],
  settings: ['core'],
  'backend-kit': ['core'],
  testing: ['core', 'records', 'runs', 'backend-kit', 'agent-kit', 'evaluator-tests'],
  'backend-local': ['core', 'backend-kit'],
  'backend-docker': ['core', 'backend-kit'],
  'backend-modal': ['core', 'backend-kit', 'command'],
  'backend-gcp': ['core', 'backend-kit', 'command'],
  'bus-redis': ['core', 'command'],
  'agent-acp': ['core', 'agent-kit'],
  'agent-cli': ['core', 'agent-kit'],
  'agent-mini-swe': ['core', 'agent-kit'],
  'agent-openhands-bridge': ['core', 'agent-kit'],
  'agent-swe-agent': ['core', 'agent-kit'],
  'dataset-tools': ['core', 'records', 'runs', 'command'],
  report: ['core', 'records', 'evaluator-tests', 'command'],
  viewer: ['core', 'records', 'report', 'command'],
  cli: ['core', 'records', 'runs', 'command', 'testing'],
};

/** The folders of a package. Each imports only from those above it. Files beside them may import from all. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  core: ['contracts', 'async', 'machine', 'validation', 'plugins', 'sandbox', 'collaboration', 'builtins'],
  records: ['files', 'formats', 'trials', 'summaries'],
  runs: ['dataset', 'trial', 'options', 'plan', 'run-folder', 'services', 'evaluation', 'run'],
};
