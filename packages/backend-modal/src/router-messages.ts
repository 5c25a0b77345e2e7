/** Names a command in a sandbox. */
export interface ExecIds {
  readonly taskId: string;
  /** A UUID. A worker never starts two commands with the same ID. */
  readonly execId: string;
}

/** A field of a message of protobuf. A false or zero value is not sent. */
type Field = readonly [number: number, value: string | Uint8Array | number];

/** `TaskExecStartRequest`, with both outputs as pipes. */
export function encodeStart(
  exec: ExecIds,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Buffer {
  const variables = Object.entries(env).map(
    ([name, value]): Field => [1, buildMessage([1, name], [2, value])],
  );
  return buildMessage(
    ...listExecFields(exec),
    ...command.map((argument): Field => [3, Buffer.from(argument)]),
    [4, 1],
    [5, 1],
    [7, '/'],
    ...(variables.length > 0 ? ([[13, buildMessage([2, buildMessage(...variables)])]] as const) : []),
  );
}

/** `TaskExecStdinWriteRequest`. */
export function encodeWrite(exec: ExecIds, offset: number, data: Uint8Array, eof: boolean): Buffer {
  return buildMessage(...listExecFields(exec), [3, offset], [4, data], [5, Number(eof)]);
}

/** `TaskExecStdioReadRequest`. */
export function encodeRead(exec: ExecIds, output: 'stdout' | 'stderr', offset: number): Buffer {
  return buildMessage(...listExecFields(exec), [3, offset], [4, output === 'stdout' ? 0 : 1]);
}

/** `TaskExecWaitRequest`. */
export function encodeWait(exec: ExecIds): Buffer {
  return buildMessage(...listExecFields(exec));
}

/** Reads the bytes of a `TaskExecStdioReadResponse`. */
export function readData(bytes: Buffer): Uint8Array {
  const [data] = [...fields(bytes)].filter(([number]) => number === 1);
  return data && Buffer.isBuffer(data[1]) ? data[1] : Buffer.alloc(0);
}

/** Reads the exit code of a `TaskExecWaitResponse`: 128 + n after signal n. */
export function readExitCode(bytes: Buffer): number {
  for (const [number, value] of fields(bytes)) {
    if (Buffer.isBuffer(value)) continue;
    if (number === 1) return value;
    if (number === 2) return 128 + value;
  }
  throw new Error('Modal said that a command has ended, but not how');
}

function listExecFields({ taskId, execId }: ExecIds): readonly Field[] {
  return [
    [1, taskId],
    [2, execId],
  ];
}

function buildMessage(...parts: readonly Field[]): Buffer {
  const pieces: Uint8Array[] = [];
  for (const [number, value] of parts) {
    if (value === 0 || value === '') continue;
    if (typeof value === 'number') {
      pieces.push(encodeVarint(number << 3), encodeVarint(value));
      continue;
    }
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    pieces.push(encodeVarint((number << 3) | 2), encodeVarint(bytes.byteLength), bytes);
  }
  return Buffer.concat(pieces);
}

function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt(value);
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}

/** Returns the fields of a message: numbers are 32 bits long. */
function* fields(bytes: Buffer): Generator<[number: number, value: Buffer | number]> {
  let offset = 0;
  const readNext = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[offset++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = Number(readNext());
    const value = tag % 8 === 0 ? Number(BigInt.asIntN(32, readNext())) : 0;
    const length = [0, 8, Number(tag % 8 === 2 ? readNext() : 0n), 0, 0, 4][tag % 8] ?? 0;
    yield [tag >> 3, tag % 8 === 0 ? value : bytes.subarray(offset, offset + length)];
    offset += length;
  }
}
