/** Variables of the host that sandboxes see. Never add a secret. */
const allowedVariables = ['TZ'];

interface Places {
  readonly path: readonly string[];
  readonly home: string;
  readonly tmp: string;
}

/** Builds the complete environment of a sandbox's processes. */
export function buildSandboxEnvironment({ path, home, tmp }: Places): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: path.join(':'),
    HOME: home,
    TMPDIR: tmp,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    USER: 'agent',
  };
  for (const name of allowedVariables) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}
