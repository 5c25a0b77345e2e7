import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { modelServer } from './model-server.test.support.ts';
import { runAgainst, submission } from './run-against.test.support.ts';
import { generateContent } from './wires.test.support.ts';

test('Vertex AI is called with a token of the application’s default credentials', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'adc-'));
  await using tokens = await modelServer([
    {
      body: {
        access_token: 'from-google',
        token_type: 'Bearer',
        expires_in: 3600,
        issued_token_type: 'urn:x',
      },
    },
  ]);
  await writeFile(join(folder, 'subject'), 'subject-token');
  const credentials = join(folder, 'credentials.json');
  const external = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${tokens.url}/token`,
    credential_source: { file: join(folder, 'subject') },
  };
  await writeFile(credentials, JSON.stringify(external));
  // google-auth-library reads the process's own environment.
  const before = process.env.GOOGLE_APPLICATION_CREDENTIALS;
  process.env.GOOGLE_APPLICATION_CREDENTIALS = credentials;
  try {
    const { requests, error } = await runAgainst(
      'vertex_ai/gemini-2.5-flash',
      [submission(generateContent)],
      {
        env: { COOPERBENCH_API_KEY: '', GOOGLE_APPLICATION_CREDENTIALS: credentials, VERTEXAI_PROJECT: 'p1' },
      },
    );
    expect(error).toBeUndefined();
    expect(requests[0]?.headers.authorization).toBe('Bearer from-google');
    expect(requests[0]?.path).toContain('/projects/p1/locations/global/');
    external.token_url = 'http://127.0.0.1:9/token';
    external.credential_source.file = join(folder, 'missing');
    await writeFile(credentials, JSON.stringify(external));
    const refusal = await runAgainst('vertex_ai/gemini-2.5-flash', [submission(generateContent)], {
      env: { COOPERBENCH_API_KEY: '', GOOGLE_APPLICATION_CREDENTIALS: credentials, VERTEXAI_PROJECT: 'p1' },
    });
    expect(refusal.error).toMatchObject({ code: 'AGENT_AUTHENTICATION', scope: 'run' });
    expect(refusal.requests).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
    else process.env.GOOGLE_APPLICATION_CREDENTIALS = before;
    await rm(folder, { recursive: true });
  }
});
