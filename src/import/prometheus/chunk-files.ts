import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errorText, MalformedBytesError } from "../../base/index.ts";
import { BigEndianReader } from "../big-endian-reader.ts";
import { crc32c } from "../crc32c.kernel.ts";
import { damaged, ImportError } from "../errors.ts";
import type { SampleBuffer } from "../sample-buffer.ts";
import { WindowedFile } from "../windowed-file.ts";
import { decodeChunk } from "./chunk.ts";

const MAGIC = 0x85bd40dd;
const VERSION = 1;
const HEADER_BYTES = 8;
const LENGTH_BYTES_MAX = 5;
const CHECKSUM_BYTES = 4;
// Enough for nearly all chunks, so that most are read at once.
const USUAL_BYTES = 1200;

/** The files of a block's folder `chunks`. */
export class ChunkFiles {
  readonly #files: WindowedFile[] = [];

  /** @throws ImportError when there is none, or one is no file of chunks */
  constructor(folder: string) {
    try {
      const names = readdirSync(folder).filter((name) => /^\d{6,}$/.test(name));
      // A chunk is referred to by the place of its file in this order.
      for (const name of names.toSorted()) this.#files.push(openChunkFile(join(folder, name)));
    } catch (error) {
      this.close();
      if (error instanceof ImportError) throw error;
      throw new ImportError(`${folder} cannot be read: ${errorText(error)}`, { cause: error });
    }
  }

  /**
   * Appends the samples of a chunk to `into`. `reference` is the number of the file × 2^32 + the offset in bytes.
   * @throws ImportError
   */
  readInto(reference: number, into: SampleBuffer): void {
    const offset = reference % 2 ** 32;
    const file = this.#files[Math.floor(reference / 2 ** 32)];
    if (file === undefined) {
      throw new ImportError(
        `there is no file ${Math.floor(reference / 2 ** 32) + 1} of chunks, of which the index tells`,
      );
    }
    try {
      const chunk = readChunk(file, offset);
      decodeChunk(chunk[0]!, chunk.subarray(1), into);
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      throw damaged(file.path, offset, error.message, { cause: error });
    }
  }

  /** Idempotent. */
  close(): void {
    for (const file of this.#files) file.close();
  }
}

function openChunkFile(path: string): WindowedFile {
  const file = new WindowedFile(path);
  try {
    const header = file.read(0, HEADER_BYTES);
    if (header.readUInt32BE(0) !== MAGIC) throw new MalformedBytesError("it is no file of chunks");
    if (header[4] !== VERSION) throw new MalformedBytesError(`version ${header[4]}, known is ${VERSION}`);
    return file;
  } catch (error) {
    file.close();
    if (!(error instanceof MalformedBytesError)) throw error;
    throw damaged(path, 0, error.message, { cause: error });
  }
}

// The encoding and, behind it, the data.
function readChunk(file: WindowedFile, offset: number): Buffer {
  let bytes = file.readUpTo(offset, USUAL_BYTES);
  const reader = new BigEndianReader(bytes, 0, LENGTH_BYTES_MAX);
  const length = reader.uvarint() + 1;
  const from = reader.position;
  const end = from + length;
  if (end + CHECKSUM_BYTES > bytes.length) bytes = file.read(offset, end + CHECKSUM_BYTES);
  if (crc32c(bytes, from, end) !== bytes.readUInt32BE(end)) {
    throw new MalformedBytesError("the checksum of the chunk differs");
  }
  return bytes.subarray(from, end);
}
