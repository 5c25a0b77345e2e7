import { readFileSync } from 'node:fs';
import type { Agent } from '../contracts/agent.ts';
import { AgentError } from '../contracts/errors.ts';
import { runCommand } from '../sandbox/command.ts';

const mergeProgram = readFileSync(new URL('../../src/builtins/oracle.sh', import.meta.url), 'utf8');

/** Hands in the golden patches of its features, merged by union. A run with it validates a dataset and an installation. */
export const oracle: Agent = {
  async run(_task, { features, goldenPatch, workspace, signal, record }) {
    record({ type: 'log', text: `hands in the golden patch of ${features.join(', ')}` });
    if (!goldenPatch) throw new TypeError('Core passed no golden patches.');
    const golden = await Promise.all(features.map(goldenPatch));
    const [onlyPatch] = golden;
    if (golden.length === 1 && onlyPatch) return { status: 'Completed', patch: onlyPatch };
    const folder = `${workspace.patchesDir}/oracle`;
    await Promise.all(
      features.map((id, index) =>
        workspace.writeFile(`${folder}/${id}.patch`, golden[index] ?? '', { signal }),
      ),
    );
    const argv = ['sh', '-c', mergeProgram, 'sh', folder, ...features.map(String)];
    const merged = await runCommand(workspace, argv, { signal, maxBytes: Number.POSITIVE_INFINITY });
    if (merged.exitCode === 0) return { status: 'Completed', patch: merged.stdout };
    const reason = 'the golden patches cannot be merged by union';
    throw new AgentError('AGENT_FAILED', reason, { scope: 'work' });
  },
};
