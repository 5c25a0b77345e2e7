import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { folderWith } from './config.test.support.ts';
import { loadConfig } from './library.ts';

test('a program gets absolute paths, wherever it runs, and options as the plugins want them', async () => {
  const folder = folderWith({
    'study/cooperbench.config.yaml': [
      ...['datasetDir: ../dataset', 'logDir: results', 'timeout: 30m', 'concurrency: ${CONC:-2}'],
      ...['backends: { docker: { memoryMiB: "${MEM:-2048}", user: "${USER_ID:-1000}" } }'],
    ].join('\n'),
  });
  vi.stubEnv('HOME', folder);
  try {
    const { run, files } = await loadConfig({ cwd: join(folder, 'study') });
    expect(run).toMatchObject({
      ...{ datasetDir: join(folder, 'dataset'), logsDir: join(folder, 'study/results') },
      ...{ timeoutMs: 1_800_000, concurrency: 2 },
      backendOptions: { docker: { memoryMiB: 2048, user: '1000' } },
    });
    expect(files).toEqual([join(folder, 'study/cooperbench.config.yaml')]);
  } finally {
    vi.unstubAllEnvs();
  }
});
