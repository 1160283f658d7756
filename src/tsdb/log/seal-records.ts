// Records of the seals of the log: rows as they were sealed in memory, so that a start takes them over instead of
// replaying row after row. A seal goes to the window of its last row.
//
// | record | fields                                                                                               |
// | ------ | ---------------------------------------------------------------------------------------------------- |
// | seal   | 1; table, length (varints); the rows (table/seal-bytes.ts)                                           |
// | floor  | 2; start of a window as zigzag of the ms since the start of this one; number of a blob (varint): the |
// |        | rows of that window in blobs before it all lie in seals recorded so far                              |

import { ByteReader, ByteWriter, MalformedBytesError } from "../../base/index.ts";
import { adoptSeal, writeSeal } from "../table/seal-bytes.ts";
import { tableId, type TableId } from "../table/table-id.ts";
import type { Tables } from "../table/tables.ts";
import type { Head } from "../head/head.ts";

const SEAL = 1;
const FLOOR = 2;

/** Rows of a window before blob `blob` need not be replayed. */
export interface RowFloor {
  readonly window: number; // Its start in ms.
  readonly blob: number;
}

const scratch = new ByteWriter();

/** Appends the newest seal of a table; `windowStart` is the first time (ms) of the window it goes to. */
export function writeSealRecord(tables: Tables, table: TableId, windowStart: number, out: ByteWriter): void {
  scratch.reset();
  writeSeal(tables, table, windowStart, scratch);
  out.u8(SEAL);
  out.varint(table);
  out.varint(scratch.length);
  out.bytes(scratch.written());
}

export function writeFloorRecord({ window, blob }: RowFloor, windowStart: number, out: ByteWriter): void {
  out.u8(FLOOR);
  out.zigzag(window - windowStart);
  out.varint(blob);
}

/**
 * Reads over the records of a blob and finds the floors.
 * @throws MalformedBytesError when the bytes are not whole records.
 */
export function findFloors(bytes: Uint8Array, windowStart: number, found: (floor: RowFloor) => void): void {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    if (readKind(reader) === SEAL) {
      reader.varint();
      reader.skip(reader.varint());
    } else found({ window: windowStart + reader.zigzag(), blob: reader.varint() });
  }
}

/**
 * Puts the seals of a blob after those that the head's tables have; tiles must be empty.
 * @throws MalformedBytesError when a record is bad; those before it are adopted.
 */
export function adoptSeals(head: Head, bytes: Uint8Array, windowStart: number): void {
  const reader = new ByteReader(bytes);
  const source = { reader, origin: windowStart, hasHistograms: true };
  while (reader.left > 0) {
    if (readKind(reader) === FLOOR) {
      reader.zigzag();
      reader.varint();
      continue;
    }
    const table = tableId(reader.varint());
    const length = reader.varint();
    const end = reader.position + length;
    if (table >= head.tables.tableCount) {
      // Its definition was lost.
      reader.skip(length);
      continue;
    }
    const span = adoptSeal(head.tables, table, bytes, source);
    if (reader.position !== end) throw new MalformedBytesError("seal is longer than its record");
    head.noteSeal(table, span, []);
  }
}

function readKind(reader: ByteReader): number {
  const kind = reader.u8();
  if (kind === SEAL || kind === FLOOR) return kind;
  throw new MalformedBytesError(`unknown kind ${kind} of seal record`);
}
