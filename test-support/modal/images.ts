import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { copyImage, emptyImage, type Kind, startMachine } from './machine.ts';

/** An image of the fake's builder: folders, variables and a working directory. */
export interface FakeImage {
  readonly id: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
}

/** Fills the folders of an image that a registry has. */
export type Pull = (folder: string) => Promise<void>;

/** A build that failed, with what it printed. */
export class BuildFailed extends Error {}

export function imageId(definition: object): string {
  const hash = createHash('sha256').update(JSON.stringify(definition)).digest('base64url');
  return `im-${hash.replaceAll(/[-_]/g, '0').slice(0, 22)}`;
}

/** Runs a Dockerfile's commands as Modal's builder does. @throws BuildFailed. */
export async function buildImage(
  id: string,
  commands: readonly string[],
  from: { readonly base: FakeImage | undefined; readonly registry: ReadonlyMap<string, Pull> },
  place: { readonly root: string; readonly kind: Kind },
  onText: (text: string) => void,
): Promise<FakeImage> {
  const folder = join(place.root, id);
  const [first = '', ...rest] = commands;
  const tag = first.replace(/^FROM /, '');
  if (from.base) await copyImage(from.base.folder, folder);
  else {
    const pull = from.registry.get(tag);
    if (!pull) throw new BuildFailed(`manifest for ${tag} not found`);
    await emptyImage(folder);
    await pull(folder);
  }
  const env: Record<string, string> = { ...from.base?.env };
  let workdir = from.base?.workdir ?? '/';
  let entrypoint = from.base?.entrypoint ?? ['/entrypoint-of-the-image'];
  const machine = startMachine(place.kind, folder);
  try {
    for (const command of rest) {
      onText(`=> ${command.slice(0, 100)}\n`);
      const [, name = '', text = ''] = /^(\S+)\s*([\s\S]*)$/.exec(command) ?? [];
      if (name === 'WORKDIR') workdir = text;
      else if (name === 'ENV') env[text.split(/[= ]/)[0] ?? ''] = text.replace(/^\w+[= ]/, '');
      else if (name === 'ENTRYPOINT') entrypoint = JSON.parse(text) as string[];
      else if (name === 'RUN') {
        const argv = text.startsWith('[') ? (JSON.parse(text) as string[]) : ['/bin/sh', '-c', text];
        const program = await machine.run(argv, env, workdir);
        program.stdin.destroy();
        for (const stream of [program.stdout, program.stderr])
          stream.on('data', (bytes) => onText(String(bytes)));
        const code = await program.ended;
        if (code !== 0) throw new BuildFailed(`The command ${text.slice(0, 80)} returned ${code}`);
      } else if (!['ARG', 'CMD', 'SHELL'].includes(name))
        throw new BuildFailed(`unsupported instruction: ${name}`);
    }
  } finally {
    await machine.end();
  }
  return { id, folder, env, workdir, entrypoint };
}
