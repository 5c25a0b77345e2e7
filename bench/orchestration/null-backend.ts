import type { Backend, SandboxProcess } from '../../packages/core/dist/index.js';

const base = 'b'.repeat(40);
const patch = 'diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-before\n+after\n';

/** The output of a relay that starts, and in whose sandbox one message is sent to everybody. */
const relayLines = `ready /x /bin\nreq.1 send_message =${Buffer.from('all\0hello\0').toString('base64')}\nreq.1 printed\n`;

/** Sandboxes that answer whatever core asks of a seat immediately and in this process: what is left is core's own work. */
export const nullBackend: Backend = {
  create: async (spec) => ({
    id: spec.name,
    origin: { from: 'source', reference: base },
    repoDir: '/workspace/repo',
    patchesDir: '/patches',
    exec: async (argv) => reply(argv[2] ?? ''),
    readFile: async () => new Uint8Array(),
    writeFile: async () => {},
    [Symbol.asyncDispose]: async () => {},
  }),
};

function reply(program: string): SandboxProcess {
  const { output, stays } = replyTo(program);
  return buildFakeProcess(output, stays ? 'stays' : 'ends');
}

/** Tells core's programs apart: the relay, the repository's preparation, the collection of the patch. Others say nothing. */
export function replyTo(program: string): { readonly output: string; readonly stays: boolean } {
  if (program.includes('mkfifo')) return { output: relayLines, stays: true };
  if (program.includes('symbolic-ref')) return { output: `${base}\n`, stays: false };
  return { output: program.includes('GIT_INDEX_FILE') ? patch : '', stays: false };
}

/** Builds a process that has said `output`. One that stays ends when it is killed. */
function buildFakeProcess(output: string, behaviour: 'stays' | 'ends'): SandboxProcess {
  const exit = Promise.withResolvers<number>();
  let open: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stdout = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(Buffer.from(output));
      open = controller;
    },
  });
  const end = (code: number): void => {
    open?.close();
    open = undefined;
    exit.resolve(code);
  };
  if (behaviour === 'ends') end(0);
  return {
    stdin: new WritableStream(),
    stdout,
    stderr: new ReadableStream({ start: (controller) => controller.close() }),
    wait: () => exit.promise,
    kill: async () => end(137),
  };
}
