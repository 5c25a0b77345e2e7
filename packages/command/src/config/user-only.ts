import type { ConfigSource } from './configuration.ts';
import { invalid } from './validate.ts';

interface UserOnly {
  /** Where it is in a file, at any depth, because profiles and experiments hold settings too. */
  readonly key: RegExp;
  /** Only this value is refused. Absent: every value but false. */
  readonly value?: unknown;
  readonly reason: string;
  readonly hint: string;
}

const ownFile = 'your own ~/.config/cooperbench/config.yaml';

const userOnly: readonly UserOnly[] = [
  {
    key: /^(.+\.)?unisolated$/,
    reason: "a project's file cannot switch off the isolation of your machine.",
    hint: `If you accept the risk, pass --unisolated or set it in ${ownFile}.`,
  },
  {
    key: /^(.+\.)?backendOptions(\.\d+)?\.local\.isolation$/,
    value: 'none',
    reason: "a project's file cannot run its setup scripts as plain processes of your machine.",
    hint: `If you trust the scripts, pass --backend-option local.isolation=none or set it in ${ownFile}.`,
  },
  {
    key: /^(.+\.)?backendOptions(\.\d+)?\.docker\.host$/,
    reason: "a project's file cannot choose the daemon, which would get your registries' credentials.",
    hint: `Set DOCKER_HOST, pass --backend-option docker.host=ADDRESS, or set it in ${ownFile}.`,
  },
  {
    key: /^(.+\.)?backendOptions(\.\d+)?\.local\.setupNetwork$/,
    reason: "a project's file cannot give its setup scripts the servers on your machine's loopback.",
    hint: `If you trust the scripts, pass --backend-option local.setupNetwork=true or set it in ${ownFile}.`,
  },
];

/** A project's file often comes with a repository that somebody else wrote. @throws ConfigError `CONFIG_INVALID`. */
export function refuseUserOnly(source: ConfigSource, value: unknown, path: readonly string[] = []): void {
  if (source.owner !== 'project') return;
  const key = path.join('.');
  const found = userOnly.find(
    (one) => one.key.test(key) && (one.value === undefined ? value !== false : value === one.value),
  );
  if (found) throw invalid([`${source.at(path)}: ${key}: ${found.reason}`], found.hint);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) refuseUserOnly(source, inner, [...path, name]);
}
