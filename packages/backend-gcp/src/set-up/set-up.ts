import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { buildChildEnvironment } from '@cooperbench/core';
import { ConfigError, getMessage } from '@cooperbench/core/errors';
import { checkApis, type Google, openGoogle, readZones } from './google.ts';

export interface SetUp {
  readonly project?: string | undefined;
  readonly region?: string | undefined;
  /** Or several, separated by commas. */
  readonly zone?: string | undefined;
  /** `none`: no bucket. */
  readonly bucket?: string | undefined;
  /** The bucket in the user's configuration, which is the default answer. */
  readonly savedBucket?: string | undefined;
  readonly skipTests: boolean;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Options of the backend `gcp`. It is undefined if the option is not set. */
export interface Answers {
  readonly project: string;
  readonly zones: string;
  readonly bucket: string | undefined;
}

const install = 'https://cloud.google.com/sdk/docs/install';

/**
 * Asks for options that are not given and checks them.
 * @throws ConfigError `GCP_CREDENTIALS`, `GCP_ANSWER`, `GCP_API_DISABLED`, `GCP_SETUP`.
 */
export async function setUpGcp({
  skipTests,
  say,
  signal,
  savedBucket = 'none',
  ...given
}: SetUp): Promise<Answers> {
  if (!skipTests)
    say(`gcloud: ${(await gcloud(['--version'])).split('\n')[0] || `not found. To install it: ${install}`}`);
  const google = skipTests ? undefined : await readCredentials(say, signal);
  const configuredProject = skipTests ? '' : await gcloud(['config', 'get-value', 'project']);
  const project = given.project ?? (await ask('project', 'Project', configuredProject, signal));
  const zones = google ? await readZones(google, project, signal) : [];
  const regions = [...new Set(zones.map(getRegion))].sort();
  if (regions.length > 0) say(`Regions: ${regions.join(', ')}`);
  const region =
    given.region ??
    (given.zone
      ? getRegion(listZonesIn(given.zone)[0] ?? '')
      : await ask('region', 'Region', 'us-central1', signal));
  const regionZones = zones.filter((zone) => getRegion(zone) === region).sort();
  if (google && regionZones.length === 0)
    throw createRefusal('region', region, `the project can use ${regions.join(', ')}`);
  if (regionZones.length > 0) say(`Zones: ${regionZones.join(', ')}`);
  const first = listZonesIn(
    given.zone ?? (await ask('zone', 'First zone', regionZones[0] ?? `${region}-a`, signal)),
  );
  const unknownZone = first.find((zone) =>
    google ? !regionZones.includes(zone) : getRegion(zone) !== region,
  );
  if (unknownZone !== undefined)
    throw createRefusal('zone', unknownZone, `${region} has ${regionZones.join(', ') || 'no such zone'}`);
  const bucket =
    given.bucket ?? (await ask('bucket', 'Bucket for evaluations ("none": on VMs)', savedBucket, signal));
  if (google) await checkApis(google, { project, region, bucket }, say, signal);
  return {
    project,
    zones: [...new Set([...first, ...regionZones])].join(','),
    bucket: bucket === 'none' ? undefined : bucket,
  };
}

function listZonesIn(response: string): readonly string[] {
  return response.split(',').map((zone) => zone.trim());
}

function getRegion(zone: string): string {
  return zone.replace(/-[^-]*$/, '');
}

function createRefusal(flag: string, value: string, remedy: string): ConfigError {
  return new ConfigError('GCP_ANSWER', `The ${flag} "${value}" does not exist: ${remedy}.`, {
    hint: `Choose one of these with --${flag}.`,
  });
}

async function readCredentials(printLine: (line: string) => void, signal: AbortSignal): Promise<Google> {
  try {
    return await openGoogle();
  } catch (error) {
    const login = 'gcloud auth application-default login';
    const missing = new ConfigError(
      'GCP_CREDENTIALS',
      `There are no credentials for Google Cloud: ${getMessage(error).split('. ')[0]}.`,
      {
        hint: `1. Install gcloud: ${install}\n2. Run ${login}\n3. Repeat cooperbench config gcp.`,
        cause: error,
      },
    );
    if (!process.stdin.isTTY || (await gcloud(['--version'])) === '') throw missing;
    printLine('There are no application-default credentials.');
    if (!/^y/i.test(await ask('login', `Run ${login} now?`, 'yes', signal))) throw missing;
    await new Promise((resolve) =>
      spawn('gcloud', login.split(' ').slice(1), { env: buildEnvironment(), stdio: 'inherit', signal })
        .once('close', resolve)
        .once('error', resolve),
    );
    return openGoogle().catch(() => {
      throw missing;
    });
  }
}

/** gcloud's own variables, and those with which it opens a browser. */
function buildEnvironment(): Record<string, string> {
  const sdkVariables = Object.keys(process.env).filter((name) => name.startsWith('CLOUDSDK_'));
  return buildChildEnvironment([
    ...sdkVariables,
    'GOOGLE_APPLICATION_CREDENTIALS',
    'BROWSER',
    'DISPLAY',
    'WAYLAND_DISPLAY',
  ]);
}

/** Returns the output of gcloud. Returns an empty value if it is not installed, or it failed. */
async function gcloud(args: readonly string[]): Promise<string> {
  const child = spawn('gcloud', args, { env: buildEnvironment(), stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes;
  });
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', resolve));
  return code === 0 ? output.trim().replace('(unset)', '') : '';
}

async function ask(flag: string, question: string, otherwise: string, signal: AbortSignal): Promise<string> {
  if (!process.stdin.isTTY)
    throw new ConfigError('GCP_ANSWER', `Without a terminal, cooperbench config gcp needs --${flag}.`, {
      hint: 'Give --project, --region, --zone and --bucket. "--bucket none" evaluates on VMs.',
    });
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer =
      (await lines.question(`${question}${otherwise && ` [${otherwise}]`}: `, { signal })).trim() ||
      otherwise;
    return answer === '' ? await ask(flag, question, otherwise, signal) : answer;
  } finally {
    lines.close();
  }
}
