import { nextLost } from "../neumaier.ts";
import { exponentialBound } from "./bounds.ts";
import type { Span } from "./histogram.ts";

/** The buckets on one side of zero as columns: element `i` of each belongs to the same bucket. */
export interface Side {
  readonly indexes: readonly number[]; // Bucket indexes, ascending and unique.
  readonly counts: readonly number[];
  /** What rounding lost of each count; undefined when counts are added up plainly. */
  readonly lost: readonly number[] | undefined;
}

/** The columns while they are being built; they grow at the end. */
class SideBuilder {
  readonly #indexes: number[];
  readonly #counts: number[];
  readonly #lost: number[] | undefined;

  constructor(compensated: boolean) {
    this.#indexes = [];
    this.#counts = [];
    this.#lost = compensated ? [] : undefined;
  }

  /** Appends a bucket, or adds to the last one when it has the same index. Indexes never fall. */
  add(index: number, count: number, lost: number): void {
    const last = this.#indexes.length - 1;
    if (this.#indexes[last] !== index) {
      this.#indexes.push(index);
      this.#counts.push(count);
      this.#lost?.push(lost);
      return;
    }
    this.#increase(last, count);
    if (this.#lost !== undefined && lost !== 0) this.#increase(last, lost);
  }

  #increase(at: number, added: number): void {
    const sum = this.#counts[at]!;
    if (this.#lost !== undefined) this.#lost[at] = nextLost(sum, this.#lost[at]!, added);
    this.#counts[at] = sum + added;
  }

  finish(): Side {
    return { indexes: this.#indexes, counts: this.#counts, lost: this.#lost };
  }
}

/** The columns of a histogram's side; shares `buckets`. */
export function readSide(spans: readonly Span[], buckets: readonly number[], compensated: boolean): Side {
  const indexes: number[] = [];
  let index = 0;
  for (const span of spans) {
    index += span.offset;
    for (let i = 0; i < span.length; i++) indexes.push(index++);
  }
  return { indexes, counts: buckets, lost: compensated ? buckets.map(() => 0) : undefined };
}

/** Spans and counts without empty buckets, what was lost added in. */
export function writeSide(side: Side): { spans: Span[]; buckets: number[] } {
  const spans: { offset: number; length: number }[] = [];
  const buckets: number[] = [];
  let end = 0; // One past the last bucket written.
  for (let i = 0; i < side.indexes.length; i++) {
    const count = side.counts[i]! + (side.lost === undefined ? 0 : side.lost[i]!);
    if (count === 0) continue;
    const index = side.indexes[i]!;
    const span = spans[spans.length - 1];
    if (span !== undefined && index === end) span.length++;
    else spans.push({ offset: index - end, length: 1 });
    buckets.push(count);
    end = index + 1;
  }
  return { spans, buckets };
}

/** Buckets of both sides; where both have one, `b`'s count is added to `a`'s. Compensated when `a` is. */
export function addSides(a: Side, b: Side): Side {
  if (b.indexes.length === 0) return a;
  const indexes: number[] = [];
  const counts: number[] = [];
  const lost: number[] | undefined = a.lost === undefined ? undefined : [];
  let i = 0;
  let j = 0;
  while (i < a.indexes.length || j < b.indexes.length) {
    const indexA = i < a.indexes.length ? a.indexes[i]! : Infinity;
    const indexB = j < b.indexes.length ? b.indexes[j]! : Infinity;
    let count = indexA <= indexB ? a.counts[i]! : b.counts[j]!;
    if (lost !== undefined) {
      let part = indexA <= indexB ? a.lost![i]! : lostAt(b, j);
      if (indexA === indexB) {
        part = nextLost(count, part, b.counts[j]!);
        count += b.counts[j]!;
        const more = lostAt(b, j);
        if (more !== 0) {
          part = nextLost(count, part, more);
          count += more;
        }
      }
      lost.push(part);
    } else if (indexA === indexB) {
      count += b.counts[j]!;
    }
    indexes.push(indexA <= indexB ? indexA : indexB);
    counts.push(count);
    if (indexA <= indexB) i++;
    if (indexB <= indexA) j++;
  }
  return { indexes, counts, lost };
}

function lostAt(side: Side, at: number): number {
  return side.lost === undefined ? 0 : side.lost[at]!;
}

/** The buckets in a coarser exponential schema. Source: Prometheus model/histogram, reduceResolution. */
export function reduceSide(side: Side, schema: number, targetSchema: number): Side {
  if (schema === targetSchema) return side;
  const merged = 2 ** (schema - targetSchema);
  const reduced = new SideBuilder(side.lost !== undefined);
  for (let i = 0; i < side.indexes.length; i++) {
    const index = Math.floor((side.indexes[i]! - 1) / merged) + 1;
    reduced.add(index, side.counts[i]!, side.lost?.[i] ?? 0);
  }
  return reduced.finish();
}

/** Without the buckets whose upper bound is at most `threshold`: the zero bucket has them. */
export function dropUpTo(side: Side, schema: number, threshold: number): Side {
  let first = 0;
  while (first < side.indexes.length && exponentialBound(side.indexes[first]!, schema) <= threshold) first++;
  return sliceSide(side, first);
}

/** Without the buckets whose lower bound is below `threshold`. */
export function dropBelow(side: Side, schema: number, threshold: number): Side {
  let first = 0;
  while (first < side.indexes.length && exponentialBound(side.indexes[first]! - 1, schema) < threshold)
    first++;
  return sliceSide(side, first);
}

/** Counts and losses changed one by one. */
export function mapSide(side: Side, change: (count: number) => number): Side {
  return { indexes: side.indexes, counts: side.counts.map(change), lost: side.lost?.map(change) };
}

/**
 * The buckets over other custom bounds, each of which must be one of `bounds`; a bucket goes into the first that
 * ends at or after its own end. Source: Prometheus model/histogram, addCustomBucketsWithMismatches.
 */
export function mapToBounds(side: Side, bounds: readonly number[], target: readonly number[]): Side {
  const mapped = new SideBuilder(side.lost !== undefined);
  let bucket = 0;
  for (let i = 0; i < side.indexes.length; i++) {
    const end = bounds[side.indexes[i]!] ?? Infinity;
    while (bucket < target.length && target[bucket]! < end) bucket++;
    mapped.add(bucket, side.counts[i]!, side.lost?.[i] ?? 0);
  }
  return mapped.finish();
}

/** Bounds in both lists, which ascend. */
export function sharedBounds(a: readonly number[], b: readonly number[]): number[] {
  const inB = new Set(b);
  return a.filter((bound) => inB.has(bound));
}

function sliceSide(side: Side, first: number): Side {
  if (first === 0) return side;
  return {
    indexes: side.indexes.slice(first),
    counts: side.counts.slice(first),
    lost: side.lost?.slice(first),
  };
}
