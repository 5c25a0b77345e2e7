import { node } from './node.ts';
import { perl } from './perl.ts';
import { python } from './python.ts';

/** A program that can run the forwarder in the sandbox. An image needs one of them. */
export type Forwarder = 'python3' | 'perl' | 'node';

export const allForwarders: readonly Forwarder[] = ['python3', 'perl', 'node'];

// Python runs in isolated mode, so that no module in the repository or the home directory replaces a standard module.
const starts: Readonly<Record<Forwarder, readonly string[]>> = {
  python3: ['-I', '-S', '-c', python],
  perl: ['-e', perl],
  node: ['-e', node],
};

/** Returns a command that runs the forwarder in the first of these programs that the sandbox has. Exits 127 if it has none. */
export function listForwarderCommand(forwarders: readonly Forwarder[]): readonly string[] {
  const startCommands = forwarders.map(
    (forwarder) =>
      `command -v ${forwarder} >/dev/null 2>&1 && exec ${forwarder} ${starts[forwarder].map(quote).join(' ')}`,
  );
  return ['/bin/sh', '-c', [...startCommands, 'exit 127'].join('\n')];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
