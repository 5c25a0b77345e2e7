import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { describeOnEachBackend } from './attacks.test.support.ts';
import { createScratch } from './cli.test.support.ts';
import { scriptedModel, shellDataset } from './dataset.test.support.ts';
import { onDocker, removeImages } from './docker.test.support.ts';
import { runInProcess } from './in-process.test.support.ts';
import { readJson } from './run-files.test.support.ts';

describeOnEachBackend('calls that an agent abandons', (backendName) => {
  test('end on both sides, and what comes after them works', async () => {
    const scratch = createScratch();
    if (backendName === 'docker') onTestFinished(() => removeImages(scratch));
    /** What agent1 does, and all that it is shown. */
    const turns: readonly (readonly [string, string])[] = [
      // The client notices that the server takes no options, and leaves without a word to the server.
      [
        'git push --push-option=x team HEAD:agent1 2> said | cat; grep -o "fatal: .*" said',
        'fatal: the receiving end does not support push options\n',
      ],
      [
        '$(git config remote.team.url | sed "s/^ext:://; s/ %S//") git-receive-pack < /dev/null | wc -l',
        '1\n',
      ],
      ['mkfifo never; send_message agent2 0<> never & sleep 1; kill -9 $!; echo killed', 'killed\n'],
      [
        'head -c 3000000 /dev/urandom > big; git add big; git commit -qm big; git push -q team HEAD:agent1; echo $?',
        '0\n',
      ],
      ['echo well | send_message agent2', 'Sent to agent2.\n'],
    ];
    const model = scriptedModel(scratch.root, [
      { match: { seat: 'agent1' }, turns: turns.map(([run]) => ({ run })) },
      {
        match: { seat: 'agent2' },
        turns: [
          { run: 'read_messages --wait 120' },
          { run: 'git fetch -q team; git show --stat --format=%s team/agent1' },
        ],
      },
    ]);
    const ending = await runInProcess(scratch, [
      ...['run', '-n', 'x', '-m', model, ...(backendName === 'docker' ? onDocker : ['--backend', 'local'])],
      ...['--no-auto-eval', '--git', '--log-dir', scratch.logs, '--dataset-dir'],
      shellDataset(join(scratch.root, 'dataset'), { ownImages: 'shared' }),
    ]);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    const trial = join(scratch.logs, 'x/coop/shell_task/1/f1_f2');
    const shown = (seat: string): string[] =>
      readJson<{ messages: { role: string; content: string }[] }>(trial, `${seat}_traj.json`)
        .messages.filter(({ role }) => role === 'tool')
        .map(({ content }) => content.replace(/^exit code: \d+\noutput:\n/, ''))
        .slice(0, turns.length);
    expect(shown('agent1')).toEqual(turns.map(([, answer]) => answer));
    expect(shown('agent2').join('')).toContain('[Message from agent1]: well');
    expect(shown('agent2').join('')).toContain('big');
    const pushes = readFileSync(join(trial, 'events.jsonl'), 'utf8').match(/(?<="push","exit_code":)\d+/g);
    // The ends of two abandoned pushes, which git noticed, or which took git along.
    expect(pushes).toEqual([expect.stringMatching(/^(128|1)$/), expect.stringMatching(/^(128|1)$/), '0']);
  });
});
