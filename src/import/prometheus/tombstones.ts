import { existsSync, readFileSync } from "node:fs";
import { MalformedBytesError } from "../../base/index.ts";
import { BigEndianReader } from "../big-endian-reader.ts";
import { crc32c } from "../crc32c.kernel.ts";
import { damaged } from "../errors.ts";
import type { TimeRange } from "../sample-buffer.ts";

const MAGIC = 0x0130ba30;
const VERSION = 1;
const HEADER_BYTES = 5;
const CHECKSUM_BYTES = 4;

/** The file `tombstones` of a block: deleted ranges by the reference of the series. None without the file. @throws ImportError */
export function readTombstones(path: string): Map<number, TimeRange[]> {
  const deleted = new Map<number, TimeRange[]>();
  if (!existsSync(path)) return deleted;
  try {
    const bytes = readFileSync(path);
    const end = bytes.length - CHECKSUM_BYTES;
    const reader = new BigEndianReader(bytes, 0, end);
    if (reader.u32() !== MAGIC) throw new MalformedBytesError("it is no file of tombstones");
    const version = reader.u8();
    if (version !== VERSION) throw new MalformedBytesError(`version ${version}, known is ${VERSION}`);
    if (crc32c(bytes, HEADER_BYTES, end) !== bytes.readUInt32BE(end)) {
      throw new MalformedBytesError("the checksum differs");
    }
    while (reader.left > 0) {
      const series = reader.uvarint();
      addRange(deleted, series, { from: reader.varint(), to: reader.varint() });
    }
    return deleted;
  } catch (error) {
    if (!(error instanceof MalformedBytesError)) throw error;
    throw damaged(path, 0, error.message, { cause: error });
  }
}

export function addRange(ranges: Map<number, TimeRange[]>, series: number, range: TimeRange): void {
  const known = ranges.get(series);
  if (known === undefined) ranges.set(series, [range]);
  else known.push(range);
}
