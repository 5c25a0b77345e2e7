import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';

const deflated = promisify(deflateRaw);
/** Without its extension for large files, which few tools need, a zip file has so many bytes and entries at most. */
const limits = { bytes: 2 ** 32 - 1, entries: 2 ** 16 - 1 };

/**
 * Writes a zip file, one entry after another, so that only one is in memory. It is called `PATH.….tmp` until `close`; disposal
 * removes it.
 */
export class ZipFile implements AsyncDisposable {
  readonly #path: string;
  readonly #temporary: string;
  readonly #file: FileHandle;
  readonly #directory: Buffer[] = [];
  #length = 0;

  private constructor(path: string, temporary: string, file: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#file = file;
  }

  /** @throws errors of the file system. */
  static async create(path: string): Promise<ZipFile> {
    const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
    return new ZipFile(path, temporary, await open(temporary, 'wx'));
  }

  /** @throws RangeError when the file would be larger than its format allows; errors of the file system. */
  async add(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const packed = await deflated(bytes);
    const encoded = Buffer.from(name);
    if (this.#length + packed.length + 2 ** 20 > limits.bytes || this.#directory.length >= limits.entries)
      throw new RangeError('A zip file holds at most 4 GiB and 65,535 entries.');
    // The fields of both headers: version 2.0, names in UTF-8, deflate, the first day that the format knows, sums, lengths.
    const common = Buffer.alloc(26);
    for (const [offset, value] of [
      [0, 20],
      [2, 0x0800],
      [4, 8],
      [8, 0x21],
      [22, encoded.length],
    ] as const)
      common.writeUInt16LE(value, offset);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    const start = this.#length;
    await this.#write(Buffer.concat([Buffer.from('PK\u0003\u0004'), common, encoded, packed]));
    const footer = Buffer.alloc(14);
    footer.writeUInt32LE(start, 10);
    this.#directory.push(Buffer.concat([Buffer.from('PK\u0001\u0002\u0014\u0000'), common, footer, encoded]));
  }

  /** Writes the list of entries, and gives the file its name. */
  async close(): Promise<void> {
    const start = this.#length;
    const list = Buffer.concat(this.#directory);
    const end = Buffer.alloc(22);
    end.write('PK\u0005\u0006');
    end.writeUInt16LE(this.#directory.length, 8);
    end.writeUInt16LE(this.#directory.length, 10);
    end.writeUInt32LE(list.length, 12);
    end.writeUInt32LE(start, 16);
    await this.#write(Buffer.concat([list, end]));
    await this.#file.close();
    await rename(this.#temporary, this.#path);
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#file.write(bytes);
    this.#length += bytes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }
}
