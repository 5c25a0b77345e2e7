import { type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { type FakeSandbox, Output, Refusal, type Running } from './sandbox.ts';

interface ExecRequest {
  readonly taskId: string;
  readonly execId: string;
}

/** Returns the second service. `sandboxOf` finds a running sandbox by its task. */
export function router(
  sandboxOf: (taskId: string) => FakeSandbox | undefined,
  breakAfter: () => number | undefined,
  snapshot: (sandbox: FakeSandbox, snapshotId: string) => Promise<{ imageId: string }>,
) {
  const runningIn = (request: Pick<ExecRequest, 'taskId'>): FakeSandbox => {
    const sandbox = sandboxOf(request.taskId);
    if (sandbox === undefined) throw new Refusal(status.NOT_FOUND, `Task ${request.taskId} is gone`);
    return sandbox;
  };
  const execOf = async (request: ExecRequest): Promise<Running> => {
    const running = runningIn(request).commands.get(request.execId);
    if (running === undefined) throw new Refusal(status.NOT_FOUND, `There is no exec ${request.execId}`);
    return running;
  };
  return {
    async TaskExecStart({ request }: ServerUnaryCall<ExecRequest & StartRequest, object>) {
      const sandbox = runningIn(request);
      // A client that got no answer asks again, with the same id.
      if (!sandbox.commands.has(request.execId)) {
        const env = Object.assign({}, ...request.secretSources.map((source) => source.env?.contents));
        const starting = sandbox.machine.run(
          request.commandArgs,
          { ...sandbox.image.env, ...env },
          request.workdir || sandbox.image.workdir,
        );
        sandbox.commands.set(
          request.execId,
          starting.then((program) => ({
            program,
            outputs: [new Output(program.stdout), new Output(program.stderr)],
            written: 0,
          })),
        );
      }
      await sandbox.commands.get(request.execId);
      return {};
    },
    async TaskExecStdinWrite({ request }: ServerUnaryCall<ExecRequest & WriteRequest, object>) {
      const running = await execOf(request);
      const { stdin, ended } = running.program;
      const data = request.data.subarray(Math.max(0, running.written - Number(request.offset)));
      running.written += data.length;
      let over = false;
      await Promise.race([
        ended.then(() => {
          over = true;
        }),
        new Promise<void>((resolve) => (data.length > 0 ? stdin.write(data, () => resolve()) : resolve())),
      ]);
      if (over) throw new Refusal(status.FAILED_PRECONDITION, 'The process has ended');
      if (request.eof) stdin.destroySoon();
      return {};
    },
    async TaskExecStdioRead(call: ServerWritableStream<ExecRequest & ReadRequest, { data: Buffer }>) {
      const { request } = call;
      const { outputs } = await execOf(request);
      const output = outputs[request.fileDescriptor === 1 ? 1 : 0];
      const limit = breakAfter();
      let offset = Number(request.offset);
      let sentCount = 0;
      while (!call.cancelled) {
        const data = await Promise.race([output.read(offset), runningIn(request).over]);
        if (data === undefined) return;
        offset += data.length;
        sentCount += data.length;
        if (!call.write({ data })) await drained(call);
        if (limit !== undefined && sentCount >= limit)
          throw new Refusal(status.UNAVAILABLE, 'The stream was reset');
      }
    },
    async TaskSnapshotFilesystem({ request }: ServerUnaryCall<SnapshotRequest, object>) {
      if (request.snapshotId === '') throw new Refusal(status.INVALID_ARGUMENT, 'There is no snapshot ID');
      return snapshot(runningIn(request), request.snapshotId);
    },
    async TaskExecWait({ request }: ServerUnaryCall<ExecRequest, object>) {
      const { program } = await execOf(request);
      const code = await program.ended.catch(() => {
        throw new Refusal(status.NOT_FOUND, `Task ${request.taskId} is gone`);
      });
      return code < 0 ? { signal: -code } : { code };
    },
  };
}

/** Resolves when a stream takes more, or has ended. */
async function drained(call: NodeJS.EventEmitter): Promise<void> {
  const done = Promise.withResolvers<void>();
  const events = ['drain', 'close', 'cancelled'];
  for (const event of events) call.on(event, done.resolve);
  await done.promise;
  for (const event of events) call.off(event, done.resolve);
}

interface SnapshotRequest {
  readonly taskId: string;
  readonly snapshotId: string;
}
interface StartRequest {
  readonly commandArgs: readonly string[];
  readonly workdir: string;
  readonly secretSources: readonly { env?: { contents: Record<string, string> } }[];
}
interface WriteRequest {
  readonly offset: string;
  readonly data: Buffer;
  readonly eof: boolean;
}
interface ReadRequest {
  readonly offset: string;
  readonly fileDescriptor: number;
}
