import { isIPv4 } from 'node:net';
import { privateRanges } from '@cooperbench/backend-kit';

/**
 * What is not the internet: this network, loopback, benchmarks, multicast, reserved and broadcast addresses (RFC 6890), and
 * Azure's own services for a machine.
 */
const specialRanges = [
  '168.63.129.16/32',
  ...['0.0.0.0/8', '127.0.0.0/8', '192.0.0.0/24', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
];

/** A test of a packet, or what happens to one that passed the tests before. */
type Expression = readonly [name: string, attributes: Buffer];

/**
 * Returns the message that makes the kernel filter what leaves a network namespace. Packets reach its own loopback and the
 * internet. Those to other sandboxes, the bridge, the host's addresses, private ranges and all of IPv6 are rejected, except for
 * port 53 of the sandbox's own name servers, which often have a private address. Numbers are from
 * `linux/netfilter/nf_tables.h`.
 */
export function buildPacketFilter(
  subnets: readonly string[],
  hostAddresses: readonly string[],
  nameServers: readonly string[],
): Buffer {
  const blocked = [
    ...subnets,
    ...privateRanges,
    ...specialRanges,
    ...hostAddresses.filter(isIPv4).map((address) => `${address}/32`),
  ];
  const rules: Expression[][] = [
    [...matchOutgoing('lo'), accept],
    [load('meta', metaKeys.family), compare(Buffer.from([2]), 'differs'), reject],
    ...nameServers
      .filter(isIPv4)
      .flatMap((server) =>
        [17, 6].map((protocol) => [
          ...to(server),
          load('meta', metaKeys.protocol),
          compare(Buffer.from([protocol])),
          ...toPort(53),
          accept,
        ]),
      ),
    ...blocked.map((range) => [...to(range), reject]),
  ];
  const table = buildText(1, tableName);
  const chain = [
    ...[table, buildText(3, chainName), buildText(7, 'filter'), number(5, verdicts.accept)],
    nestAttributes(4, number(1, hooks.output), number(2, 0)),
  ];
  return Buffer.concat([
    buildMessage(batch.begin, 0, packetFilters),
    buildMessage(newTable, flags.create, 0, buildText(1, tableName)),
    buildMessage(newChain, flags.create, 0, ...chain),
    ...rules.map((rule, index) =>
      buildMessage(
        newRule,
        // The kernel answers once: after the last rule, or for the first message that fails.
        flags.create | flags.append | (index === rules.length - 1 ? flags.acknowledge : 0),
        0,
        ...[table, buildText(2, chainName)],
        nestAttributes(
          4,
          ...rule.map(([name, attributes]) =>
            nestAttributes(1, buildText(1, name), buildAttribute(2 | isNested, attributes)),
          ),
        ),
      ),
    ),
    buildMessage(batch.end, 0, packetFilters),
  ]);
}

const [tableName, chainName] = ['cooperbench', 'output'];
const packetFilters = 10;
const batch = { begin: 16, end: 17 };
const [newTable, newChain, newRule] = [0, 3, 6].map((kind) => (packetFilters << 8) | kind) as [
  number,
  number,
  number,
];
const flags = { request: 1, acknowledge: 4, create: 0x400, append: 0x800 };
const isNested = 0x8000;
/** IPv4 and IPv6 in one table. */
const bothFamilies = 1;
const hooks = { output: 3 };
const verdicts = { accept: 1 };
const metaKeys = { device: 7, family: 15, protocol: 16 };
const register = number(1, 1);

const accept: Expression = [
  'immediate',
  Buffer.concat([number(1, 0), nestAttributes(2, nestAttributes(2, number(1, verdicts.accept)))]),
];
/** Answers like a router that may not forward the packet, so that nobody waits for the end of a connection's time. */
const reject: Expression = ['reject', Buffer.concat([number(1, 2), buildAttribute(2, Buffer.from([3]))])];

function load(name: 'meta', key: number): Expression {
  return [name, Buffer.concat([number(1, 1), number(2, key)])];
}

/** Loads bytes of the network header (1) or the transport header (2). */
function loadBytes(header: 1 | 2, offset: number, length: number): Expression {
  return ['payload', Buffer.concat([register, number(2, header), number(3, offset), number(4, length)])];
}

function compare(value: Buffer, operator: 'equals' | 'differs' = 'equals'): Expression {
  return [
    'cmp',
    Buffer.concat([
      register,
      number(2, operator === 'equals' ? 0 : 1),
      nestAttributes(3, buildAttribute(1, value)),
    ]),
  ];
}

function matchOutgoing(device: string): Expression[] {
  const name = Buffer.alloc(16);
  name.write(device);
  return [load('meta', metaKeys.device), compare(name)];
}

const loadDestination = loadBytes(1, 16, 4);

/** @param range such as `10.0.0.0/8` */
function to(range: string): Expression[] {
  const [address = '', bits = '32'] = range.split('/');
  const mask = Buffer.alloc(4);
  mask.writeUInt32BE(Number((0xffffffffn << BigInt(32 - Number(bits))) & 0xffffffffn));
  const network = buildBytes(address).map((byte, index) => byte & (mask[index] ?? 0));
  const zero = Buffer.alloc(4);
  const masked = [
    register,
    number(2, 1),
    number(3, 4),
    nestAttributes(4, buildAttribute(1, mask)),
    nestAttributes(5, buildAttribute(1, zero)),
  ];
  return [loadDestination, ['bitwise', Buffer.concat(masked)], compare(Buffer.from(network))];
}

function toPort(port: number): Expression[] {
  const value = Buffer.alloc(2);
  value.writeUInt16BE(port);
  return [loadBytes(2, 2, 2), compare(value)];
}

function buildBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function buildMessage(
  type: number,
  messageFlags: number,
  subsystem: number,
  ...attributes: readonly Buffer[]
): Buffer {
  const head = Buffer.alloc(20);
  const body = Buffer.concat(attributes);
  head.writeUInt32LE(head.length + body.length, 0);
  head.writeUInt16LE(type, 4);
  head.writeUInt16LE(flags.request | messageFlags, 6);
  head.writeUInt8(subsystem === 0 ? bothFamilies : 0, 16);
  head.writeUInt16BE(subsystem, 18);
  return Buffer.concat([head, body]);
}

/** An attribute of netlink, whose length is in the byte order of the machine. */
function buildAttribute(type: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(head.length + value.length, 0);
  head.writeUInt16LE(type, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

/** Numbers of the packet filter are in the network's byte order. */
function number(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return buildAttribute(type, bytes);
}

function buildText(type: number, value: string): Buffer {
  return buildAttribute(type, Buffer.from(`${value}\0`));
}

function nestAttributes(type: number, ...attributes: readonly Buffer[]): Buffer {
  return buildAttribute(type | isNested, Buffer.concat(attributes));
}
