import { expect, test } from 'vitest';
import { findLoginLine } from './instance.ts';
import { settingsOf } from './options.ts';

test('the first zone names the region, and only public access gives a VM an address', () => {
  expect(settingsOf({ zones: 'europe-west4-a, europe-west4-b' })).toMatchObject({
    zones: ['europe-west4-a', 'europe-west4-b'],
    region: 'europe-west4',
    publicAddress: true,
  });
  expect(settingsOf({ access: 'iap' }).publicAddress).toBe(false);
  expect(settingsOf({ jumpHost: 'me@bastion' }).publicAddress).toBe(false);
});

test("a VM logs in to Google's registries alone, as its service account", () => {
  const settings = settingsOf({ serviceAccount: 'puller@p.iam.gserviceaccount.com' });
  for (const host of ['europe-docker.pkg.dev', 'gcr.io', 'eu.gcr.io'])
    expect(findLoginLine(`${host}/p/tasks:1`, settings)).toMatch(
      ` | docker login --username oauth2accesstoken --password-stdin https://${host}`,
    );
  for (const image of ['ubuntu', 'evilgcr.io/p/tasks:1', 'gcr.io.evil.test/tasks:1'])
    expect(findLoginLine(image, settings)).toBeUndefined();
  expect(findLoginLine('gcr.io/p/tasks:1', settingsOf({}))).toBeUndefined();
});
