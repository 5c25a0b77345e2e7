import { asDisposable, createClosingBackend } from '@cooperbench/command/backends';
import { type Backend, type Layer, type ModelAccess, runCommand } from '@cooperbench/core';
import { callPlugin, type Registry } from '@cooperbench/core/host';
import { readLayers } from '@cooperbench/runs';
import { buildFailedCheck, buildPassedCheck, type Check } from './check.ts';
import { sampleSpecs } from './sample-spec.ts';

export interface AgentRequest {
  readonly options: unknown;
  /** If it is absent, no model is checked. */
  readonly access: ModelAccess | undefined;
  /** The backend for a sandbox with the agent's software. If it is absent, no sandbox is created. */
  readonly backend: { readonly name: string; readonly options: unknown } | undefined;
  /** Defaults to the image of a sample task. */
  readonly image: string | undefined;
  readonly signal: AbortSignal;
}

/** Checks what the seats of an agent need, and yields each check as it ends. */
export async function* agentChecks(
  registry: Registry,
  agent: string,
  request: AgentRequest,
): AsyncGenerator<Check> {
  const { options, access, backend, signal } = request;
  let layers: readonly Layer[];
  try {
    layers = await readLayers(registry, agent, options);
    const [[name, version] = []] = Object.entries(registry.versionsOf([['agents', agent]]));
    yield buildPassedCheck('agent', `${agent} comes with ${name} ${version}`);
  } catch (error) {
    signal.throwIfAborted();
    yield buildFailedCheck('agent', 'problem', error);
    return;
  }
  yield* keyChecks(registry, agent);
  if (access !== undefined) yield* modelChecks(registry, agent, options, { ...access, signal });
  if (backend !== undefined) yield* softwareChecks(registry, layers, request, backend);
  else
    for (const { key } of layers)
      yield { what: 'software', status: 'warning', text: `${key} was not checked`, hint };
}

const hint = 'Name a backend, such as --backend docker, to try the software in one of its sandboxes.';

function* keyChecks(registry: Registry, agent: string): Generator<Check> {
  const { keys = [] } = registry.get('agents', agent);
  if (keys.length === 0) return;
  const set = keys.filter((name) => process.env[name]?.trim());
  if (set.length > 0) yield buildPassedCheck('keys', `${set.join(', ')} set`);
  else
    yield {
      what: 'keys',
      status: 'warning',
      text: 'No key for its models is set.',
      hint: `It reads ${keys.join(', ')}.`,
    };
}

async function* modelChecks(
  registry: Registry,
  name: string,
  options: unknown,
  access: ModelAccess & { readonly signal: AbortSignal },
): AsyncGenerator<Check> {
  try {
    const agent = await registry.make('agents', name, options);
    await using _agent = asDisposable(agent);
    const failureText = `${registry.title('agents', name)} failed in preflight`;
    const notices =
      (await callPlugin(failureText, () => agent.preflight?.(access), { signal: access.signal })) ?? [];
    yield buildPassedCheck('model', [`${name} can use ${access.model}`, ...notices].join('\n'));
  } catch (error) {
    access.signal.throwIfAborted();
    yield buildFailedCheck('model', 'problem', error);
  }
}

/** Creates a sandbox like that of a seat, which adds the layers, and runs the check of each layer. */
async function* softwareChecks(
  registry: Registry,
  layers: readonly Layer[],
  { image, signal }: AgentRequest,
  { name, options }: { readonly name: string; readonly options: unknown },
): AsyncGenerator<Check> {
  try {
    const backend: Backend = await registry.make('backends', name, options);
    await using _backend = createClosingBackend(backend);
    // No code of a model runs in the sandbox, so it is not untrusted.
    await backend.preflight?.({ untrusted: false, signal });
    await using sandbox = await backend.create({ ...sampleSpecs(image)(), layers }, { signal });
    if (layers.length === 0) yield buildPassedCheck('software', `a sandbox of ${name} needs nothing added`);
    for (const { key, check } of layers) {
      const { stdout } = await runCommand(sandbox, ['/bin/sh', '-c', check], { cwd: '/', signal });
      const lastLine = stdout.toString().trim().split('\n').at(-1);
      yield buildPassedCheck(
        'software',
        `${key} works in a sandbox of ${name}${lastLine ? `: ${lastLine}` : ''}`,
      );
    }
  } catch (error) {
    signal.throwIfAborted();
    const { text, ...rest } = buildFailedCheck('software', 'problem', error);
    yield { ...rest, text: `${name}: ${text}` };
  }
}
