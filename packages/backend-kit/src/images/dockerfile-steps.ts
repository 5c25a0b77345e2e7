import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SandboxError } from '@cooperbench/core';
import { shellCommand } from '../sandbox/shell-command.ts';
import { taskSources } from './task-sources.ts';

/** A task's Dockerfile, translated for a builder that accepts no files. */
export interface DockerfileSteps {
  /** The image that `FROM` names. */
  readonly base: string;
  readonly commands: readonly string[];
}

/** Instructions without an effect on a sandbox, which has its own process, user and labels. */
const withoutEffect = [
  'CMD',
  'ENTRYPOINT',
  'EXPOSE',
  'HEALTHCHECK',
  'LABEL',
  'MAINTAINER',
  'STOPSIGNAL',
  'VOLUME',
];

/**
 * Reads a task's Dockerfile. Turns every COPY into RUN commands that contain the files. `builder` is the provider's name in
 * messages. `plain`: it runs everything as root, and does not know BuildKit's mounts. Returns undefined if the task has no
 * Dockerfile. @throws SandboxError `SANDBOX_DOCKERFILE` for an instruction that cannot be translated.
 */
export async function dockerfileSteps(
  taskDir: string,
  baseImage: string,
  builder: string,
  { plain = false }: { readonly plain?: boolean } = {},
): Promise<DockerfileSteps | undefined> {
  const file = join(taskDir, 'Dockerfile');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const refuse = (problem: string): never => {
    const hint = "Push the task's image to a registry, or use a backend that builds Dockerfiles as they are.";
    throw new SandboxError('SANDBOX_DOCKERFILE', `${file} cannot be built on ${builder}: ${problem}.`, {
      hint,
    });
  };
  const sources = await taskSources(taskDir);
  const args: Record<string, string> = {};
  const commands: string[] = [];
  let base: string | undefined;
  for (const instruction of listInstructions(text)) {
    const [word = '', rest = ''] = split(instruction);
    const name = word.toUpperCase();
    if (name === 'ARG') {
      const [key = '', value] = rest.split(/=(.*)/s);
      const set = key === 'BASE' ? baseImage : value;
      if (base === undefined && set !== undefined) args[key] = unquote(set);
      else commands.push(`ARG ${key}${args[key] === undefined ? '' : `=${args[key]}`}`);
    } else if (name === 'FROM') {
      if (base !== undefined) refuse('it has several stages');
      base = rest.replaceAll(/\$\{?(\w+)\}?/g, (match, key) => args[key] ?? match).split(/\s/)[0];
    } else if (name === 'COPY' || name === 'ADD') {
      const words = rest.startsWith('[') ? (JSON.parse(rest) as string[]) : rest.split(/\s+/);
      const unsupportedWord = words.find(
        (candidate) => candidate.startsWith('--') || /^https?:/.test(candidate),
      );
      if (unsupportedWord !== undefined) refuse(`it has ${name} with ${unsupportedWord}`);
      const target = words.pop() ?? '';
      for (const source of words) {
        const top = posix.normalize(source).split('/')[0] ?? '';
        if (top !== '.' && !sources.includes(top))
          refuse(`${name} names ${source}, which is not a source of the task`);
      }
      commands.push(...(await createCopySteps(taskDir, sources, words, target)));
    } else if (name === 'ONBUILD') refuse('it has ONBUILD');
    else if (plain && name === 'RUN' && /^--(mount|network|security)\b/.test(rest))
      refuse(`it has RUN with ${rest.split(/\s/)[0]}`);
    else if (!withoutEffect.includes(name) && !(plain && name === 'USER')) commands.push(instruction);
  }
  return { base: base ?? refuse('it has no FROM'), commands };
}

/** Splits a Dockerfile into instructions, including continued lines and here-documents. Drops comments. */
function listInstructions(text: string): string[] {
  const steps: string[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    if (/^\s*(#|$)/.test(lines[index] ?? '')) continue;
    let instruction = lines[index] ?? '';
    while (/\\\s*$/.test(instruction) && index + 1 < lines.length) {
      index += 1;
      const next = lines[index] ?? '';
      if (!/^\s*#/.test(next)) instruction = `${instruction.replace(/\\\s*$/, '')} ${next.trim()}`;
    }
    const end = /^\s*(?:RUN|COPY)\b.*<<-?\s*["']?(\w+)["']?/i.exec(instruction)?.[1];
    while (end !== undefined && index + 1 < lines.length) {
      index += 1;
      instruction += `\n${lines[index]}`;
      if (lines[index]?.trim() === end) break;
    }
    steps.push(instruction.trim());
  }
  return steps;
}

function split(instruction: string): string[] {
  return /^(\S+)\s*([\s\S]*)$/.exec(instruction)?.slice(1) ?? [];
}

function unquote(text: string): string {
  return text.trim().replace(/^(["'])(.*)\1$/, '$2');
}

/** Maximum characters of a file's content in one command. Docker accepts lines of 64 KiB, and the kernel arguments of 128 KiB. */
const chunk = 60 * 1024;
const archive = '/tmp/.cooperbench-files';

/**
 * Returns RUN commands that do the same as `COPY sources target`. The same files give the same commands, so a build cache
 * works.
 */
async function createCopySteps(
  taskDir: string,
  entries: readonly string[],
  sources: readonly string[],
  target: string,
): Promise<string[]> {
  const intoDirectory = target.endsWith('/') || target === '.' || sources.length > 1;
  const steps: string[] = [];
  const add = async (from: string, to: string): Promise<void> => {
    const stats = await lstat(join(taskDir, from));
    if (stats.isDirectory()) {
      steps.push(`mkdir -p ${shellCommand([to])}`);
      const names = from === '.' ? entries : (await readdir(join(taskDir, from))).sort();
      for (const name of names) await add(posix.join(from, name), posix.join(to, name));
      return;
    }
    const content = (await readFile(join(taskDir, from))).toString('base64');
    steps.push(
      `mkdir -p ${shellCommand([posix.dirname(to)])}`,
      `base64 -d > ${shellCommand([to])} <<'EOF'`,
      content,
      'EOF',
    );
    steps.push(`chmod ${(stats.mode & 0o777).toString(8)} ${shellCommand([to])}`);
  };
  for (const source of sources) {
    const from = posix.normalize(source).replace(/\/$/, '');
    const isDirectory = (await lstat(join(taskDir, from))).isDirectory();
    await add(from, intoDirectory && !isDirectory ? posix.join(target, basename(from)) : target);
  }
  const packed = gzipSync(`set -e\n${steps.join('\n')}\n`).toString('base64');
  const parts = packed.match(new RegExp(`.{1,${chunk}}`, 'g')) ?? [];
  return [
    ...parts.map((part) => `RUN printf %s '${part}' >> ${archive}`),
    `RUN base64 -d ${archive} | gunzip | sh && rm ${archive}`,
  ];
}
