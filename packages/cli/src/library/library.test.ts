import { join } from 'node:path';
import { folderWith } from '@cooperbench/test-support/folder';
import { expect, test, vi } from 'vitest';
import { loadConfig } from './library.ts';
import { readEvaluateOptions, readRunOptions } from './read-options.ts';

test('a program gets absolute paths, wherever it runs, and options as the plugins want them and `run` takes them', async () => {
  const folder = folderWith({
    'study/cooperbench.config.yaml': [
      ...[
        'datasetDir: ../dataset',
        'logDir: results',
        'timeout: 30m',
        'concurrency: ${CONC:-2}',
        'backend: docker',
      ],
      ...['backendOptions: { docker: { memoryMiB: "${MEM:-2048}", user: "${USER_ID:-1000}" } }'],
    ].join('\n'),
  });
  vi.stubEnv('HOME', folder);
  try {
    const { run, evaluate, files } = await loadConfig({ cwd: join(folder, 'study') });
    expect(run).toMatchObject({
      ...{ datasetDir: join(folder, 'dataset'), logDir: join(folder, 'study/results') },
      ...{ timeout: '30m', concurrency: 2 },
      backendOptions: { docker: { memoryMiB: 2048, user: '1000' } },
    });
    expect(readRunOptions(run)).toMatchObject({ timeoutMs: 1_800_000, logsDir: run.logDir });
    expect(readEvaluateOptions({ ...evaluate, name: 'n' })).toMatchObject({ defaultBackend: 'docker' });
    expect(files).toEqual([join(folder, 'study/cooperbench.config.yaml')]);
  } finally {
    vi.unstubAllEnvs();
  }
});
