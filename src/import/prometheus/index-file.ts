/*
 * The file `index` of a Prometheus block. Numbers are big-endian; each section is a length (4 bytes), its content and a
 * CRC-32C of that.
 *
 * | part            | content                                                                                     |
 * | --------------- | ------------------------------------------------------------------------------------------- |
 * | head            | magic (4), version (1): 1 or 2                                                              |
 * | symbols         | count (4), then texts with their lengths as varints                                         |
 * | series          | each: its length as varint, labels and chunks, CRC-32C; version 2 starts each at 16 bytes   |
 * | postings        | count (4), then references of series, 4 bytes each                                          |
 * | postings table  | count (4); each: the byte 2, label name, label value, offset of its postings as varint      |
 * | contents        | last 52 bytes: offsets of symbols, series, two parts of old, postings, postings table       |
 *
 * Version 2 refers to symbols by their number and to series by offset / 16, version 1 to both by offset. The postings of
 * the empty name are all series.
 */
import { MalformedBytesError } from "../../base/index.ts";
import { BigEndianReader } from "../big-endian-reader.ts";
import { crc32c } from "../crc32c.kernel.ts";
import { damaged } from "../errors.ts";
import { WindowedFile } from "../windowed-file.ts";

const MAGIC = 0xbaaad700;
const HEAD_BYTES = 5;
const CONTENTS_BYTES = 52;
const SERIES_ALIGN = 16;
const VARINT_BYTES_MAX = 10;
const CHECKSUM_BYTES = 4;
// Enough for most series, so that they are read at once.
const USUAL_BYTES = 512;

/** Where a chunk lies and what it spans. */
export interface ChunkMeta {
  readonly from: number; // Millis of its first and last sample.
  readonly to: number;
  readonly reference: number;
}

interface Contents {
  readonly symbols: number;
  readonly series: number;
  readonly postingsTable: number;
}

/** An open index. Methods throw ImportError where it is damaged. */
export class IndexFile {
  readonly #file: WindowedFile;
  readonly #version: number;
  /** Texts of all symbols, by number. */
  readonly symbols: readonly string[];
  /** References of all series, ascending; tombstones use the same. */
  readonly references: Uint32Array;
  // Version 1 only: number of the symbol at an offset.
  readonly #symbolNumbers = new Map<number, number>();
  readonly #checked: Uint8Array; // 1 where the checksum of series `i` was found right.

  constructor(path: string) {
    this.#file = new WindowedFile(path);
    try {
      const head = this.#at(0, () => this.#file.read(0, HEAD_BYTES));
      if (head.readUInt32BE(0) !== MAGIC) throw damaged(path, 0, "it is no index");
      this.#version = head[4]!;
      if (this.#version !== 1 && this.#version !== 2) {
        throw damaged(path, 4, `version ${this.#version}, known are 1 and 2`);
      }
      const contents = this.#contents();
      this.symbols = this.#at(contents.symbols, () => this.#readSymbols(contents.symbols));
      this.references = this.#at(contents.postingsTable, () => this.#allSeries(contents.postingsTable));
      this.#checked = new Uint8Array(this.references.length);
    } catch (error) {
      this.#file.close();
      throw error;
    }
  }

  // What is thrown about bytes names the file and where.
  #at<Result>(offset: number, read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof MalformedBytesError)) throw error;
      throw damaged(this.#file.path, offset, error.message, { cause: error });
    }
  }

  #contents(): Contents {
    const from = this.#file.bytes - CONTENTS_BYTES;
    return this.#at(Math.max(0, from), () => {
      const bytes = this.#file.read(from, CONTENTS_BYTES);
      const end = CONTENTS_BYTES - CHECKSUM_BYTES;
      checkSum(bytes, 0, end);
      const reader = new BigEndianReader(bytes, 0, end);
      const symbols = reader.u64();
      const series = reader.u64();
      reader.skip(3 * 8);
      return { symbols, series, postingsTable: reader.u64() };
    });
  }

  #section(offset: number): Buffer {
    const length = this.#file.read(offset, 4).readUInt32BE(0);
    const bytes = this.#file.read(offset + 4, length + CHECKSUM_BYTES);
    checkSum(bytes, 0, length);
    return bytes.subarray(0, length);
  }

  #readSymbols(offset: number): string[] {
    if (offset === 0) return [];
    const section = this.#section(offset);
    const reader = new BigEndianReader(section);
    const count = reader.u32();
    const symbols: string[] = [];
    for (let i = 0; i < count; i++) {
      if (this.#version === 1) this.#symbolNumbers.set(offset + 4 + reader.position, i);
      symbols.push(reader.text());
    }
    return symbols;
  }

  #allSeries(offset: number): Uint32Array {
    if (offset === 0) return new Uint32Array(0);
    // The empty name comes first, so the rest of what may be a large table is not read.
    const length = this.#file.read(offset, 4).readUInt32BE(0);
    const start = this.#file.readUpTo(offset + 4, Math.min(length, USUAL_BYTES));
    const reader = new BigEndianReader(start);
    const count = reader.u32();
    if (count === 0) return new Uint32Array(0);
    const keys = reader.u8();
    const name = reader.text();
    const value = reader.text();
    if (keys !== 2 || name !== "" || value !== "") {
      throw new MalformedBytesError("the list of all series is missing");
    }
    const postings = new BigEndianReader(this.#section(reader.uvarint()));
    const references = new Uint32Array(postings.u32());
    if (postings.left < references.length * 4)
      throw new MalformedBytesError("the list of all series is short");
    for (let i = 0; i < references.length; i++) references[i] = postings.u32();
    return references;
  }

  // What follows the length, checked the first time.
  #entry(series: number): BigEndianReader {
    const reference = this.references[series]!;
    const offset = this.#version === 1 ? reference : reference * SERIES_ALIGN;
    return this.#at(offset, () => {
      let bytes = this.#file.readUpTo(offset, USUAL_BYTES);
      const reader = new BigEndianReader(bytes, 0, VARINT_BYTES_MAX);
      const length = reader.uvarint();
      const from = reader.position;
      const end = from + length;
      if (end + CHECKSUM_BYTES > bytes.length) bytes = this.#file.read(offset, end + CHECKSUM_BYTES);
      if (this.#checked[series] === 0) checkSum(bytes, from, end);
      this.#checked[series] = 1;
      return new BigEndianReader(bytes, from, end);
    });
  }

  /** Writes the symbols of a series' labels, name, value, name, value …; returns how many. */
  labelSymbols(series: number, into: Uint32Array): number {
    return this.#at(this.references[series]!, () => {
      const entry = this.#entry(series);
      const count = 2 * entry.uvarint();
      for (let i = 0; i < count; i++) into[i] = this.#symbol(entry.uvarint());
      return count;
    });
  }

  #symbol(reference: number): number {
    const number = this.#version === 1 ? this.#symbolNumbers.get(reference) : reference;
    if (number === undefined || number >= this.symbols.length) {
      throw new MalformedBytesError(`there is no symbol ${reference}`);
    }
    return number;
  }

  labelCount(series: number): number {
    return this.#at(this.references[series]!, () => this.#entry(series).uvarint());
  }

  /** The chunks of a series in order of time. */
  chunks(series: number): ChunkMeta[] {
    return this.#at(this.references[series]!, () => {
      const entry = this.#entry(series);
      const symbols = 2 * entry.uvarint();
      for (let i = 0; i < symbols; i++) entry.uvarint();
      const count = entry.uvarint();
      const chunks: ChunkMeta[] = [];
      let to = 0;
      let reference = 0;
      for (let i = 0; i < count; i++) {
        const from = i === 0 ? entry.varint() : to + entry.uvarint();
        to = from + entry.uvarint();
        reference = i === 0 ? entry.uvarint() : reference + entry.varint();
        chunks.push({ from, to, reference });
      }
      return chunks;
    });
  }

  /** Idempotent. */
  close(): void {
    this.#file.close();
  }
}

// The checksum of `[from, to)` follows it.
function checkSum(bytes: Buffer, from: number, to: number): void {
  if (crc32c(bytes, from, to) !== bytes.readUInt32BE(to))
    throw new MalformedBytesError("the checksum differs");
}
