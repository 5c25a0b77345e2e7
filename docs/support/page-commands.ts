import { afterAll, beforeAll, expect, test } from 'vitest';
import { scriptedModel } from '../../packages/testing/src/scripted-model.ts';
import { DocsSandbox } from './docs-sandbox.ts';
import { blocks, type Page, pages } from './markdown.ts';
import { isMissing, redisServer, type Service, serviceOf } from './services.ts';

/** Pages whose every command is run; in the others, commands only have to exist. */
export const existingPages: readonly Page[] = pages(
  'README.md',
  'CONTRIBUTING.md',
  'docs/**/*.md',
  'packages/core/README.md',
  'packages/cli/README.md',
);

/** Pages whose commands run in a folder where CooperBench is installed, in `docs.release.test.ts`. */
export const installed: readonly string[] = ['docs/guide/experiments-in-a-research-repo.md'];

const runnable = (language: string): boolean => language === 'sh' || language === 'ts';

/** Tests the commands of those pages that need this service, or none. */
export function testCommands(service: Service | undefined): void {
  let model: Awaited<ReturnType<typeof handingIn>>;
  beforeAll(async () => {
    model = await handingIn();
  });
  afterAll(() => model[Symbol.asyncDispose]());

  const withCommands = existingPages.filter(
    (page) => !installed.includes(page.path) && blocks(page).some(({ language }) => runnable(language)),
  );
  const missing = service !== undefined && isMissing(service);

  test.concurrent.for(withCommands.filter((page) => serviceOf(page) === service))(
    `$path work${missing ? ` (skipped: no ${service})` : ''}`,
    async (page, { skip }) => {
      skip(missing);
      await using redis = service === 'redis' ? await redisServer() : undefined;
      await using sandbox = await DocsSandbox.open({
        ...withModel(model.url),
        ...(redis ? { REDIS_URL: redis.url } : {}),
        // Tests pull no image, so the sample tasks' images are built on the tests' own.
        ...(service === 'docker'
          ? { COOPERBENCH_BACKEND_OPTION: 'docker.baseImage=cooperbench-test/base' }
          : {}),
      });
      await runBlocks(page, sandbox, service);
    },
  );
}

/** Returns a model that hands in at once. */
export function handingIn(): ReturnType<typeof scriptedModel> {
  const command = 'echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT';
  return scriptedModel({ toolCalls: [{ name: 'bash', arguments: { command } }] });
}

/** Returns the environment of commands with that model. It is harmless, so they also run where bubblewrap is missing. */
export const withModel = (url: string) => ({ OPENAI_BASE_URL: url, COOPERBENCH_UNISOLATED: '1' });

/** Runs the blocks of a page, in order. */
export async function runBlocks(page: Page, sandbox: DocsSandbox, service?: Service): Promise<void> {
  for (const { language, mark, code } of blocks(page).filter(({ language }) => runnable(language))) {
    expect(['', 'model', service]).toContain(mark);
    const ending = await (language === 'sh' ? sandbox.sh(code) : sandbox.node(code));
    expect(ending, `${code}\n${ending.output}`).toMatchObject({ code: 0 });
  }
}
