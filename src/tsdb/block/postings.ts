/*
 * Postings: for each pair, in order of pair number, the series that have it, ascending, as runs of numbers that
 * follow each other.
 *
 * | field  | bytes  | meaning                                                                         |
 * | ------ | ------ | ------------------------------------------------------------------------------- |
 * | gap    | varint | numbers left out since the last run · 2, plus 1 when more than one follows      |
 * | length | varint | only then: length of the run - 2                                                |
 */
import { ByteReader, MalformedBytesError, type ByteWriter } from "../../base/index.ts";

/** Appends the ascending numbers `series[from, to)`. */
export function writePostings(series: Uint32Array, from: number, to: number, out: ByteWriter): void {
  let next = 0;
  for (let i = from; i < to;) {
    const start = series[i]!;
    let end = start + 1;
    i++;
    while (i < to && series[i] === end) {
      end++;
      i++;
    }
    const many = end - start > 1;
    out.varint((start - next) * 2 + (many ? 1 : 0));
    if (many) out.varint(end - start - 2);
    next = end;
  }
}

/** @throws MalformedBytesError when a number is not below `seriesCount`. */
export function readPostings(
  entry: { readonly bytes: Uint8Array; readonly from: number; readonly to: number },
  seriesCount: number,
): Uint32Array {
  // Counted first, so that the numbers are written once.
  let reader = new ByteReader(entry.bytes, entry.from, entry.to);
  let count = 0;
  let next = 0;
  while (reader.left > 0) {
    const head = reader.varint();
    const length = head % 2 === 0 ? 1 : reader.varint() + 2;
    next += Math.floor(head / 2) + length;
    count += length;
  }
  if (next > seriesCount) throw new MalformedBytesError(`series ${next - 1} of ${seriesCount}`);
  const series = new Uint32Array(count);
  reader = new ByteReader(entry.bytes, entry.from, entry.to);
  let at = 0;
  next = 0;
  while (at < count) {
    const head = reader.varint();
    next += head >>> 1;
    const end = next + (head % 2 === 0 ? 1 : reader.varint() + 2);
    while (next < end) series[at++] = next++;
  }
  return series;
}

/** Numbers in both ascending lists. */
export function intersect(a: Uint32Array, b: Uint32Array): Uint32Array {
  const [small, large] = a.length <= b.length ? [a, b] : [b, a];
  const both = new Uint32Array(small.length);
  let count = 0;
  let from = 0;
  for (let i = 0; i < small.length; i++) {
    const wanted = small[i]!;
    from = firstNotBelow(large, wanted, from);
    if (from === large.length) break;
    if (large[from] === wanted) both[count++] = wanted;
  }
  return both.subarray(0, count);
}

/** Numbers of `a` that are not in `b`, both ascending. */
export function subtract(a: Uint32Array, b: Uint32Array): Uint32Array {
  if (b.length === 0) return a;
  const left = new Uint32Array(a.length);
  let count = 0;
  let from = 0;
  for (let i = 0; i < a.length; i++) {
    from = firstNotBelow(b, a[i]!, from);
    if (b[from] !== a[i]) left[count++] = a[i]!;
  }
  return left.subarray(0, count);
}

/** Numbers of any of the ascending lists, each below `limit`, ascending. */
export function unite(lists: readonly Uint32Array[], limit: number): Uint32Array {
  if (lists.length === 1) return lists[0]!;
  const marks = new Uint8Array(limit);
  let count = 0;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      count += 1 - marks[list[i]!]!;
      marks[list[i]!] = 1;
    }
  }
  const united = new Uint32Array(count);
  let at = 0;
  for (let number = 0; at < count; number++) if (marks[number] === 1) united[at++] = number;
  return united;
}

/** The numbers 0 … count - 1. */
export function allNumbers(count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = i;
  return numbers;
}

// Position of the first element from `from` on that is not below `wanted`: steps double, then halve, so that lists
// of similar density cost one or two comparisons an element.
function firstNotBelow(list: Uint32Array, wanted: number, from: number): number {
  let step = 1;
  let low = from;
  let high = from;
  while (high < list.length && list[high]! < wanted) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  if (high > list.length) high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
