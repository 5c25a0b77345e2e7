import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Variables that npm, git and ssh need: where things are, their settings, proxies and certificates. */
const passedVariables =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|LANG|LC_.*|TMPDIR|XDG_.*|DEBUG|NO_COLOR|FORCE_COLOR|npm_config_.*|COOPERBENCH_(CACHE|CONFIG|DATA)_DIR|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|NODE_(EXTRA_CA_CERTS|OPTIONS|USE_SYSTEM_CA|USE_ENV_PROXY|COMPILE_CACHE)|SSH_(AUTH_SOCK|ASKPASS|ASKPASS_REQUIRE)|GIT_(SSH|SSH_COMMAND|ASKPASS|TERMINAL_PROMPT|SSL_CAINFO|SSL_CAPATH|CONFIG_.*))$/i;

/**
 * Removes all variables but those that npm needs, and those that the user's `.npmrc` names as `${NAME}`. So neither npm nor a
 * plugin that is tried out finds keys of models and providers here.
 */
export function keepVariablesOfNpm(environment: NodeJS.ProcessEnv): void {
  const npmrcVariables = listNamedInNpmrc(environment);
  for (const name of Object.keys(environment))
    if (!passedVariables.test(name) && !npmrcVariables.includes(name)) delete environment[name];
}

function listNamedInNpmrc(environment: NodeJS.ProcessEnv): string[] {
  const { HOME, npm_config_userconfig, NPM_CONFIG_USERCONFIG } = environment;
  const path = npm_config_userconfig || NPM_CONFIG_USERCONFIG || join(HOME || homedir(), '.npmrc');
  try {
    return [...readFileSync(path, 'utf8').matchAll(/\$\{([^}?]+)\??\}/g)].map(([, name = '']) => name);
  } catch {
    return [];
  }
}
