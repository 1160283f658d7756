/*
 * A list of byte strings, which most pages are: number of entries, length of each (all varints), then the entries.
 */
import { ByteReader, ByteWriter, MalformedBytesError } from "../../base/index.ts";

/** Collects entries: write one to `body`, then call `endEntry`. */
export class EntryWriter {
  readonly body: ByteWriter = new ByteWriter(4096);
  #lengths: number[] = [];
  #start = 0;

  get count(): number {
    return this.#lengths.length;
  }

  /** What was written to `body` since the last call is one entry, possibly empty. */
  endEntry(): void {
    this.#lengths.push(this.body.length - this.#start);
    this.#start = this.body.length;
  }

  /** Forgets what was written to `body` since the last `endEntry`. */
  dropEntry(): void {
    this.body.truncate(this.#start);
  }

  /** The payload of a page with all entries so far; then starts afresh. */
  takePayload(): Uint8Array {
    const payload = new ByteWriter(this.body.length + 2 * this.#lengths.length + 8);
    payload.varint(this.#lengths.length);
    for (const length of this.#lengths) payload.varint(length);
    payload.bytes(this.body.written());
    this.body.reset();
    this.#lengths = [];
    this.#start = 0;
    return payload.written();
  }
}

/** A page's entries in place: entry `i` is `bytes[offsets[i], offsets[i + 1])`. */
export interface Entries {
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
}

/** @throws MalformedBytesError when the lengths and the bytes do not add up. */
export function parseEntries(bytes: Uint8Array): Entries {
  const reader = new ByteReader(bytes);
  const count = reader.varint();
  if (count > reader.left) throw new MalformedBytesError(`${count} entries in ${reader.left} bytes`);
  const offsets = new Uint32Array(count + 1);
  let end = 0;
  for (let i = 0; i < count; i++) {
    end += reader.varint();
    offsets[i + 1] = end;
  }
  if (end !== reader.left) throw new MalformedBytesError(`entries of ${end} bytes in ${reader.left} bytes`);
  for (let i = 0; i <= count; i++) offsets[i]! += reader.position;
  return { bytes, offsets };
}

/** Bytes `[from, to)` of a page. */
export interface EntryRange {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

/** Where entry `index` is. @throws MalformedBytesError when there is no such entry or nothing in it. */
export function entryRange(entries: Entries, index: number): EntryRange {
  const from = entries.offsets[index];
  const to = entries.offsets[index + 1];
  if (from === undefined || to === undefined || from === to) {
    throw new MalformedBytesError(`no entry ${index} among ${entries.offsets.length - 1}`);
  }
  return { bytes: entries.bytes, from, to };
}
