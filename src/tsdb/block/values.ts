/*
 * Value pages: the values of all pairs in order of pair number, each as what it adds to the one before.
 *
 * | field       | bytes  | meaning                                                    |
 * | ----------- | ------ | ---------------------------------------------------------- |
 * | shared      | varint | UTF-16 units it has in common with the value before; 0 for |
 * |             |        | the first of a page                                        |
 * | rest        | text   | length in bytes as varint, UTF-8                           |
 */
import { ByteReader, ByteWriter, MalformedBytesError } from "../../base/index.ts";

const PAGE_BYTES = 8192;

/** Values cut into pages. */
export interface ValuePages {
  readonly payloads: readonly Uint8Array[];
  readonly firstPairs: Uint32Array; // One more element: the number of pairs.
  readonly firstValues: readonly string[];
}

/** @param values Value of each pair, in order. */
export function writeValuePages(values: Iterable<string>): ValuePages {
  const payloads: Uint8Array[] = [];
  const firstPairs: number[] = [];
  const firstValues: string[] = [];
  const page = new ByteWriter(PAGE_BYTES * 2);
  let previous = "";
  let pair = 0;
  for (const value of values) {
    if (page.length === 0) {
      firstPairs.push(pair);
      firstValues.push(value);
      previous = "";
    }
    const shared = sharedUnits(previous, value);
    page.varint(shared);
    page.text(shared === 0 ? value : value.slice(shared));
    previous = value;
    pair++;
    if (page.length < PAGE_BYTES) continue;
    payloads.push(page.copy());
    page.reset();
  }
  if (page.length > 0) payloads.push(page.copy());
  return { payloads, firstPairs: Uint32Array.from([...firstPairs, pair]), firstValues };
}

function sharedUnits(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < limit && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  // Half of a surrogate pair has no UTF-8.
  const last = shared > 0 ? a.charCodeAt(shared - 1) : 0;
  return last >= 0xd800 && last <= 0xdbff ? shared - 1 : shared;
}

/** @throws MalformedBytesError when the page does not hold exactly `count` values. */
export function readValuePage(payload: Uint8Array, count: number): string[] {
  const from = new ByteReader(payload);
  const values: string[] = [];
  let previous = "";
  for (let i = 0; i < count; i++) {
    const shared = from.varint();
    if (shared > previous.length) throw new MalformedBytesError(`value ${i} shares ${shared} units`);
    const rest = from.text();
    previous = shared === 0 ? rest : previous.slice(0, shared) + rest;
    values.push(previous);
  }
  if (from.left > 0) throw new MalformedBytesError(`${from.left} bytes after the last value`);
  return values;
}
