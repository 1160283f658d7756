/*
 * Prometheus's write-ahead log: files (segments) of pages of 32 KiB. A page holds fragments of records; no record goes
 * from one file into the next.
 *
 * | fragment | bytes | meaning                                                                            |
 * | -------- | ----- | ---------------------------------------------------------------------------------- |
 * | kind     | 1     | lowest 3 bits: 0: the rest of the page is empty, 1: a whole record, 2, 3, 4: its   |
 * |          |       | first, a middle, its last part; 8: packed with snappy, 16: with zstd               |
 * | length   | 2     | of the data, big-endian                                                            |
 * | checksum | 4     | CRC-32C of the data, big-endian                                                    |
 * | data     | …     |                                                                                    |
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { errorText, MalformedBytesError } from "../../base/index.ts";
import { decodeSnappy } from "../../wire/index.ts";
import { crc32c } from "../crc32c.kernel.ts";
import { WindowedFile } from "../windowed-file.ts";

const PAGE_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const RECORD_BYTES_MAX = 2 ** 30;

const KIND_MASK = 7;
const EMPTY = 0;
const WHOLE = 1;
const FIRST = 2;
const MIDDLE = 3;
const LAST = 4;
const SNAPPY = 8;
const ZSTD = 16;

/** One file of a log. */
export interface LogSegment {
  readonly path: string;
  /** Whether the writer may have been stopped in the middle of a record, which then is no damage. */
  readonly isLast: boolean;
}

/** The files of a log's folder, oldest first. Empty when there is no folder. */
export function listSegments(folder: string): LogSegment[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /^\d{8,}$/.test(name));
  return names
    .toSorted((a, b) => Number(a) - Number(b))
    .map((name, i) => ({ path: join(folder, name), isLast: i === names.length - 1 }));
}

/**
 * Gives each record of a segment, unpacked, to `take`; what it was given is valid until it returns. Returns why reading
 * ended before the end, or undefined. `take` may throw MalformedBytesError, which ends it too.
 */
export function readSegment(segment: LogSegment, take: (record: Uint8Array) => void): string | undefined {
  const file = new WindowedFile(segment.path);
  let offset = 0;
  const parts: Uint8Array[] = [];
  try {
    for (; offset < file.bytes;) {
      const pageEnd = Math.min((Math.floor(offset / PAGE_BYTES) + 1) * PAGE_BYTES, file.bytes);
      if (pageEnd - offset < HEADER_BYTES) {
        offset = pageEnd;
        continue;
      }
      const header = file.read(offset, HEADER_BYTES);
      const flags = header[0]!;
      const kind = flags & KIND_MASK;
      if (kind === EMPTY) {
        offset = pageEnd;
        continue;
      }
      const length = header.readUInt16BE(1);
      const checksum = header.readUInt32BE(3);
      if (offset + HEADER_BYTES + length > pageEnd) {
        if (segment.isLast && pageEnd === file.bytes) return undefined;
        throw new MalformedBytesError("a record goes beyond its page");
      }
      const data = file.read(offset + HEADER_BYTES, length);
      if (crc32c(data, 0, length) !== checksum)
        throw new MalformedBytesError("the checksum of a record differs");
      takePart(kind, flags, data, parts, take);
      offset += HEADER_BYTES + length;
    }
    if (parts.length > 0 && !segment.isLast) throw new MalformedBytesError("a record has no end");
    return undefined;
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    return `${segment.path} is damaged at byte ${offset}: ${error.message}`;
  } finally {
    file.close();
  }
}

function takePart(
  kind: number,
  flags: number,
  data: Uint8Array,
  parts: Uint8Array[],
  take: (record: Uint8Array) => void,
): void {
  if ((kind === WHOLE || kind === FIRST) !== (parts.length === 0) || kind > LAST) {
    throw new MalformedBytesError("parts of records do not follow each other");
  }
  if (kind === WHOLE) take(unpack(data, flags));
  else if (kind === LAST) {
    const record = Buffer.concat([...parts, data]);
    parts.length = 0;
    take(unpack(record, flags));
  } else if (kind === FIRST || kind === MIDDLE) parts.push(Uint8Array.from(data));
}

function unpack(record: Uint8Array, flags: number): Uint8Array {
  if ((flags & (SNAPPY | ZSTD)) === 0) return record;
  try {
    if ((flags & SNAPPY) !== 0) return decodeSnappy(record, RECORD_BYTES_MAX);
    return zstdDecompressSync(record, { maxOutputLength: RECORD_BYTES_MAX });
  } catch (error) {
    throw new MalformedBytesError(`a record cannot be unpacked: ${errorText(error)}`, { cause: error });
  }
}
