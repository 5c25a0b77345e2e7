/**
 * Variables of this process that every program may need: to find other programs and its files, to print, and to reach the
 * network as this process does. Never add a secret, or one that makes a program run code, such as NODE_OPTIONS or BASH_ENV.
 */
const sharedVariables: readonly string[] = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'TERM'],
  ...['XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'SSH_AUTH_SOCK'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * The environment of a program that CooperBench starts on this machine. It has a few variables of this process, those that
 * `names` adds, and `values`. It never has the keys of models, whatever the environment or `.env` sets.
 */
export function buildChildEnvironment(
  names: readonly string[] = [],
  values: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const name of [...sharedVariables, ...names]) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...values };
}
