import { createHash } from 'node:crypto';
import {
  type CooperBenchError,
  type CreateOptions,
  getMessage,
  type ImageOptions,
  imageDefaults,
  type SandboxSpec,
  untilAborted,
} from '@cooperbench/core';
import {
  buildLayerFault,
  dockerfileSteps,
  explainedOutput,
  fittingCommand,
  isSampleImage,
  layerCommands,
  layersHash,
  type SandboxDriver,
  type StartedProcess,
  sandboxCapabilities,
  sandboxEntrypoint,
  shellCommand,
  toSandboxError,
  trackBuild,
} from '../index.ts';
import type { MachineOptions } from './options.ts';

/** A machine with Docker, for one sandbox. */
export interface DockerMachine
  extends Pick<SandboxDriver, 'id' | 'terminate' | 'checkLost' | 'checkLostEveryMs' | 'interruption'> {
  /**
   * Runs a line of sh, as a user who may run `docker`. `exitCode` rejects when a signal ended the shell, or when the
   * connection broke.
   */
  start(line: string): Promise<StartedProcess>;
  /** Returns the error to throw for one of `start` or `exitCode`: `SANDBOX_LOST` when the machine is gone, else `code`. */
  explainError(error: unknown, code: string, summary: string): Promise<CooperBenchError>;
}

/** The options of a container on a machine. */
export interface ContainerOptions extends Pick<MachineOptions, 'network' | keyof ImageOptions> {
  /** The provider's name in messages. */
  readonly provider: string;
  /** A line of sh before an image is pulled, such as one that logs in to its registry. */
  readonly beforePull?: string | undefined;
}

interface Failure {
  readonly code: string;
  readonly what: string;
}

/** Linux takes 128 KiB as one argument, and quotes may make a line four times as long. */
const longestCommand = 30_000;
/** Leaves enough to the machine to start `docker`. */
const pids = 4096;

/**
 * Obtains a task's image on a machine and starts its container there. Each command is an exec in it.
 * @throws SandboxError `SANDBOX_IMAGE`, `SANDBOX_DOCKERFILE`, `SANDBOX_LAYER`, `SANDBOX_CREATE`, and what `explainError` returns.
 */
export async function createDockerMachineDriver(
  machine: DockerMachine,
  spec: SandboxSpec,
  options: ContainerOptions,
  { signal, onProgress }: CreateOptions = {},
): Promise<SandboxDriver> {
  const { id } = machine;
  const { workdir: repoDir = imageDefaults.workdir, patchesDir = imageDefaults.patchesDir } = options;
  const task = await readTaskImage();
  const image = await withLayers();
  const [entrypoint, ...init] = sandboxEntrypoint;
  const rules = [
    ...['--user=0', '--workdir=/', '--no-healthcheck', '--log-driver=none', `--pids-limit=${pids}`],
    ...['--security-opt=no-new-privileges', '--cap-drop=ALL'],
    ...sandboxCapabilities.map((name) => `--cap-add=${name}`),
    ...([options.network, spec.network].includes('none') ? ['--network=none'] : []),
  ];
  const container = [
    'docker',
    'run',
    '--detach',
    `--name=${id}`,
    ...rules,
    `--entrypoint=${entrypoint}`,
    image,
  ];
  const makePatchesDir = ['docker', 'exec', id, 'mkdir', '-p', patchesDir];
  const failure = { code: 'SANDBOX_CREATE', what: `The container of ${spec.image} did not start` };
  await formatOutput(`${shellCommand([...container, ...init])} && ${shellCommand(makePatchesDir)}`, failure);

  return {
    id,
    origin: { from: 'image', reference: task.reference },
    repoDir,
    patchesDir,
    start,
    explainError: (error, summary) => machine.explainError(error, 'SANDBOX_EXEC', summary),
    terminate: () => machine.terminate(),
    ...(machine.interruption && {
      interruption: async (sinceMs: number) => machine.interruption?.(sinceMs),
    }),
    ...(machine.checkLost && { checkLost: () => machine.checkLost?.() ?? Promise.resolve(undefined) }),
    ...(machine.checkLostEveryMs !== undefined && { checkLostEveryMs: machine.checkLostEveryMs }),
    async restart() {
      const failure = { code: 'SANDBOX_EXEC', what: `The container of ${id} did not start again` };
      // Docker's own restart hangs while a process of the container is stopped before it begins.
      await formatOutput(`docker kill ${id}; docker start ${id}`, failure);
    },
  };

  async function start(
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<StartedProcess> {
    const command = await fittingCommand(argv, longestCommand, (shortArgv) => start(shortArgv, {}));
    const variables = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
    const exec = ['docker', 'exec', '--interactive', '--workdir=/', ...variables, id, ...command];
    const running = `[ "$(docker inspect --format '{{.State.Running}}' ${id})" = true ]`;
    // Docker's own exit code, for a container that has ended, must not pass for the command's.
    const line = `${shellCommand(exec)} || { code=$?; ${running} && exit $code; kill -KILL $$; }`;
    const process = await machine.start(line);
    const explain = (error: unknown): Promise<Error> =>
      machine.explainError(error, 'SANDBOX_EXEC', 'The output of a process was lost');
    return {
      ...process,
      stdout: explainedOutput(process.stdout, explain),
      stderr: explainedOutput(process.stderr, explain),
    };
  }

  async function readTaskImage(): Promise<{ name: string; reference: string }> {
    const { image: name, taskDir } = spec;
    const { provider, baseImage = imageDefaults.baseImage, beforePull = ':' } = options;
    const fromDockerfile = options.build || isSampleImage(name);
    const steps = fromDockerfile ? await dockerfileSteps(taskDir, baseImage, provider) : undefined;
    if (!steps) {
      const quoted = shellCommand([name]);
      const line = `docker image inspect ${quoted} || { ${beforePull}; docker pull ${quoted}; }`;
      await runWithProgress(line, '', 'pull', { code: 'SANDBOX_IMAGE', what: `${name} could not be pulled` });
      const inspect = `docker image inspect --format '{{.Id}}' ${quoted}`;
      const failure = { code: 'SANDBOX_IMAGE', what: `${name} is not there` };
      return { name, reference: (await formatOutput(inspect, failure)).trim() };
    }
    const dockerfile = [`FROM ${steps.base}`, ...steps.commands].join('\n');
    // Every machine builds it again, so the image's ID says nothing.
    const hash = createHash('sha256').update(dockerfile).digest('hex');
    const failure = { code: 'SANDBOX_IMAGE', what: `${name} could not be built` };
    return {
      name: await buildImage(`cooperbench-task:${hash}`, dockerfile, failure),
      reference: `sha256:${hash}`,
    };
  }

  async function withLayers(): Promise<string> {
    const { layers = [] } = spec;
    if (layers.length === 0) return task.name;
    const dockerfile = [`FROM ${task.name}`, 'USER 0', ...layerCommands(layers)].join('\n');
    return buildImage(
      `cooperbench-layers:${layersHash(task.reference, layers)}`,
      dockerfile,
      buildLayerFault(layers),
    );
  }

  async function buildImage(tag: string, dockerfile: string, failure: Failure): Promise<string> {
    const line = `docker image inspect ${tag} || docker build --tag ${tag} -`;
    await runWithProgress(line, dockerfile, 'build', failure);
    return tag;
  }

  async function runWithProgress(
    line: string,
    input: string,
    phase: 'pull' | 'build',
    failure: Failure,
  ): Promise<void> {
    await trackBuild(
      { image: spec.image, phase },
      onProgress,
      failure.what,
      (onText) => run(`{ ${line}; } 2>&1`, failure, input, onText),
      (error, message) => toSandboxError(error, { code: failure.code, message }),
    );
  }

  /** Formats the output of a line that has to succeed. */
  async function formatOutput(line: string, failure: Failure): Promise<string> {
    try {
      return await run(line, failure);
    } catch (error) {
      throw toSandboxError(error, { code: failure.code, message: `${failure.what}: ${getMessage(error)}` });
    }
  }

  /** @throws FailedLine when it does not exit 0. */
  async function run(
    line: string,
    { code, what }: Failure,
    input = '',
    onText?: (text: string) => void,
  ): Promise<string> {
    try {
      return await untilAborted(runToEnd(line, input, onText), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof FailedLine ? error : await machine.explainError(error, code, what);
    }
  }

  async function runToEnd(line: string, input: string, onText?: (text: string) => void): Promise<string> {
    const { stdin, stdout, stderr, exitCode } = await machine.start(line);
    const writer = stdin.getWriter();
    const fed = (input === '' ? Promise.resolve() : writer.write(Buffer.from(input))).then(() =>
      writer.close(),
    );
    const [code, said, complaint] = await Promise.all([
      exitCode,
      readText(stdout, onText),
      readText(stderr),
      fed.catch(() => {}),
    ]);
    if (code === 0) return said;
    throw new FailedLine(complaint.trim().slice(-2000) || `exit code ${code}`);
  }
}

/** A line ran, and did not exit 0. */
class FailedLine extends Error {}

async function readText(stream: StartedProcess['stdout'], onText?: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  let output = '';
  for await (const bytes of stream) {
    const text = decoder.decode(bytes, { stream: true });
    onText?.(text);
    if (!onText) output += text;
  }
  return output;
}
