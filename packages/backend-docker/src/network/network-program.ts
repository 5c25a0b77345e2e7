/**
 * A program that sends a message to the kernel's packet filter and waits for the answer. When the kernel has taken the message,
 * it prints `ready` and sleeps forever. Otherwise it exits with the number of the error. The message follows the code. Its
 * source is in `network-program.*.s`: no image can be assumed to have a program that sets filters.
 */
const machines = {
  x86_64: {
    elf: 62,
    code: 'vxAAAAC+AwAAALoMAAAAuCkAAAAPBYXAeHOJw4nfSI01fwAAAIsVdQAAAEUx0kUxwEUxybgsAAAADwWFwHhOSIHsAAQAAInfSInmugAEAABFMdJFMcBFMcm4LQAAAA8FhcB4KYtEJBCFwHUhvwEAAABIjTUgAAAAugYAAAC4AQAAAA8FuCIAAAAPBev399iJx7g8AAAADwVyZWFkeQpmkA==',
  },
  aarch64: {
    elf: 183,
    code: 'AAKA0mEAgNKCAYDSyBiA0gEAANRgBPg38wMAKtQEABCBEgCRggJAuQMAgNIEAIDSBQCA0sgZgNIBAADUIAP4N/8DENHgAxMq4QMAkQKAgNIDAIDSBACA0gUAgNLoGYDSAQAA1OAB+DfgE0C5oAEANSAAgNLBAQAQwgCA0ggIgNIBAADUAACA0gEAgNICAIDSAwCA0igJgNIBAADU+v//F+ADAEuoC4DSAQAA1HJlYWR5CgAA',
  },
} as const;

const address = 0x400000;
const headers = 64 + 56;

/**
 * Finds the program as a static executable for Linux. Undefined means for a processor, as Docker calls it, that it has no code
 * for.
 */
export function findNetworkProgram(architecture: string, message: Uint8Array): Buffer | undefined {
  const machine = machines[architecture as keyof typeof machines];
  if (machine === undefined) return undefined;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(message.length);
  const code = Buffer.concat([Buffer.from(machine.code, 'base64'), length, message]);
  const size = BigInt(headers + code.length);
  const head = Buffer.alloc(headers);
  // ELF, 64 bits, little-endian, version 1, System V.
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  head.writeUInt16LE(2, 16); // an executable
  head.writeUInt16LE(machine.elf, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(BigInt(address + headers), 24); // the first instruction
  head.writeBigUInt64LE(64n, 32); // where the segments are described
  head.writeUInt16LE(64, 52);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56); // one segment
  head.writeUInt32LE(1, 64); // loaded
  head.writeUInt32LE(5, 68); // read and executed
  head.writeBigUInt64LE(BigInt(address), 80);
  head.writeBigUInt64LE(BigInt(address), 88);
  head.writeBigUInt64LE(size, 96);
  head.writeBigUInt64LE(size, 104);
  head.writeBigUInt64LE(0x10000n, 112);
  return Buffer.concat([head, code]);
}
