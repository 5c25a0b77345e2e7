import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';

interface Field {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly typeName: string;
}
interface Message {
  readonly name: string;
  readonly field: readonly Field[];
  readonly nestedType: readonly Message[];
  readonly enumType: readonly Enum[];
}
interface Enum {
  readonly name: string;
  readonly value: readonly { readonly number: number }[];
}

/**
 * Finds what a decoder ignores: fields that a message does not have, and values that an enum does not have. Modal refuses
 * neither, but what it does not read is a mistake of the sender.
 */
export class StrictReader {
  readonly #types = new Map<string, Message | Enum>();

  constructor(definition: PackageDefinition) {
    const add = (name: string, type: Message | Enum): void => {
      this.#types.set(name, type);
      if ('value' in type) return;
      for (const nested of [...type.nestedType, ...type.enumType]) add(`${name}.${nested.name}`, nested);
    };
    for (const [name, one] of Object.entries(definition))
      if ('type' in one) add(name, (one as MessageTypeDefinition<object, object>).type as Message | Enum);
  }

  /** Returns undefined if nothing is unknown. `name` is a message's full name. */
  fault(name: string, bytes: Buffer): string | undefined {
    const message = this.#find(name) as Message;
    for (let offset = 0; offset < bytes.length; ) {
      const [tag, start] = varint(bytes, offset);
      const number = Number(tag >> 3n);
      const field = message.field.find((one) => one.number === number);
      if (!field) return `${name} has no field ${number}`;
      const place = `${name}.${field.name}`;
      const wire = Number(tag & 7n);
      const [content, next] = valueAt(bytes, start, wire);
      offset = next;
      if (field.type === 'TYPE_MESSAGE' && Buffer.isBuffer(content)) {
        const fault = this.fault(this.#resolve(name, field.typeName), content);
        if (fault !== undefined) return fault;
      } else if (field.type === 'TYPE_ENUM' && typeof content === 'bigint') {
        const { value } = this.#find(this.#resolve(name, field.typeName)) as Enum;
        if (!value.some((one) => BigInt(one.number) === content)) return `${place} has no value ${content}`;
      }
    }
    return undefined;
  }

  #find(name: string): Message | Enum {
    const type = this.#types.get(name);
    if (!type) throw new Error(`The protocol has no type ${name}.`);
    return type;
  }

  /** Names of types count from the message, then from its package. */
  #resolve(from: string, name: string): string {
    if (name.startsWith('.')) return name.slice(1);
    for (let scope = from; scope !== ''; scope = scope.slice(0, Math.max(0, scope.lastIndexOf('.'))))
      if (this.#types.has(`${scope}.${name}`)) return `${scope}.${name}`;
    return name;
  }
}

function varint(bytes: Buffer, from: number): [value: bigint, next: number] {
  let value = 0n;
  for (let offset = from, shift = 0n; ; offset += 1, shift += 7n) {
    const byte = bytes[offset];
    if (byte === undefined) throw new Error('The message is cut off.');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, offset + 1];
  }
}

/** Returns the value of a field: bytes, or the number of a varint. */
function valueAt(
  bytes: Buffer,
  offset: number,
  wire: number,
): [content: Buffer | bigint | undefined, next: number] {
  if (wire === 0) return varint(bytes, offset);
  if (wire === 1) return [undefined, offset + 8];
  if (wire === 5) return [undefined, offset + 4];
  const [length, start] = varint(bytes, offset);
  const end = start + Number(length);
  return [bytes.subarray(start, end), end];
}
