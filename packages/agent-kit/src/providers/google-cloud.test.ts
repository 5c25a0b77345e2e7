import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { resolveVertexProject } from './google-cloud.ts';
import { resolveModel } from './resolve.ts';

const model = resolveModel('vertex_ai/gemini-x', {});

test.for(['evil.example/x?', 'evil.example#', 'us-east5.evil.example', '../x', 'a b'])(
  'a location that would lead Google’s token to another host is refused: %s',
  async (VERTEXAI_LOCATION) => {
    await expect(
      resolveVertexProject(model, { VERTEXAI_PROJECT: 'p', VERTEXAI_LOCATION }, true),
    ).rejects.toMatchObject({
      code: 'MODEL_LOCATION',
      message: `"${VERTEXAI_LOCATION}" is not a Google Cloud location.`,
      hint: 'Check VERTEXAI_LOCATION, VERTEX_LOCATION, GOOGLE_CLOUD_LOCATION, GOOGLE_VERTEX_LOCATION.',
    });
  },
);

test('a project stays a part of the path', async () => {
  const at = (VERTEXAI_PROJECT: string) => resolveVertexProject(model, { VERTEXAI_PROJECT }, true);
  expect(await at('example.com:my-project_1')).toEqual({
    project: 'example.com:my-project_1',
    location: 'global',
  });
  await expect(at('p/../../x')).rejects.toMatchObject({ code: 'MODEL_LOCATION' });
});

test('credentials that name other files are not taken from .env', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cooperbench-google-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const credentials = (type: string): Record<string, string> => {
    const path = join(folder, `${type}.json`);
    writeFileSync(path, JSON.stringify({ type, project_id: 'p' }));
    return { GOOGLE_APPLICATION_CREDENTIALS: path };
  };
  const from = (type: string, fromDotEnv?: readonly string[]) =>
    resolveVertexProject(model, credentials(type), false, fromDotEnv);
  await expect(from('external_account', ['GOOGLE_APPLICATION_CREDENTIALS'])).rejects.toMatchObject({
    code: 'MODEL_KEY_WITHHELD',
    message:
      'GOOGLE_APPLICATION_CREDENTIALS comes from .env, and its file has the type "external_account", which can name other files to send away.',
  });
  expect(await from('external_account')).toMatchObject({ project: 'p' });
  expect(await from('service_account', ['GOOGLE_APPLICATION_CREDENTIALS'])).toMatchObject({ project: 'p' });
});
