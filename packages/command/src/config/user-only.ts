import { realpathSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import type { ConfigSource } from './configuration.ts';
import { createInvalidError } from './validate.ts';

interface UserOnly {
  /** Where it is in a file, at any depth, because profiles and experiments hold settings too. */
  readonly key: RegExp;
  /** If it is absent, every value but false is refused. */
  isRefused?(value: unknown, source: ConfigSource): boolean;
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
    isRefused: (value) => value === 'none',
    reason: "a project's file cannot run its setup scripts as plain processes of your machine.",
    hint: `If you trust the scripts, pass --backend-option local.isolation=none or set it in ${ownFile}.`,
  },
  {
    key: /^(.+\.)?agentConfig(\.\d+)?$/,
    isRefused: leadsOutside,
    reason: "a project's file cannot give agents a file from outside of its folder.",
    hint: `Move the file there, pass --agent-config, or set it in ${ownFile}.`,
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
  const rule = userOnly.find(
    (userSetting) => userSetting.key.test(key) && (userSetting.isRefused?.(value, source) ?? value !== false),
  );
  if (rule) throw createInvalidError([`${source.at(path)}: ${key}: ${rule.reason}`], rule.hint);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) refuseUserOnly(source, inner, [...path, name]);
}

/** Returns whether a path, with its links, ends neither in the project's folder nor in that of the file that names it. */
function leadsOutside(value: unknown, { path, folder }: ConfigSource): boolean {
  if (typeof value !== 'string') return false;
  try {
    const target = realpathSync(resolve(dirname(path), value));
    return ![folder, dirname(path)].some((place) => target.startsWith(`${realpathSync(place)}${sep}`));
  } catch {
    // It does not exist, which is an error where it is read.
    return false;
  }
}
