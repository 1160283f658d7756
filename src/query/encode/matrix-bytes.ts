import { compareLabels, labelsFromRecord, type Labels } from "../../model/index.ts";

// An encoded matrix is put together from the bytes of two others, so that what was written once is not written again.

/**
 * The `data` object of a matrix of floats and where its series lie in it. Element `3 * i` and the two after it are
 * where series `i` begins, its first point begins and its last point ends. Immutable.
 */
export interface MatrixBytes {
  readonly bytes: Buffer;
  readonly places: Uint32Array;
}

const HEAD = Buffer.from('{"resultType":"matrix","result":[');
const SERIES_TAIL = Buffer.from("]},");
const TAIL = Buffer.from("]}");

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/**
 * The points of `older` with times in `[fromMs, beforeMs)` and after them those of `newer`, series by series. `newer`
 * holds no time before `beforeMs`. Series are in the order of their labels in both, and in the result.
 */
export function joinMatrices(
  older: MatrixBytes,
  newer: MatrixBytes,
  { fromMs, beforeMs }: { readonly fromMs: number; readonly beforeMs: number },
): MatrixBytes {
  const writer = new SeriesWriter(older, newer);
  const olderCount = older.places.length / 3;
  const newerCount = newer.places.length / 3;
  let i = 0;
  let j = 0;
  while (i < olderCount || j < newerCount) {
    const order = i === olderCount ? 1 : j === newerCount ? -1 : compareSeries(older, i, newer, j);
    if (order <= 0) {
      const first = firstPointFrom(older, i, fromMs);
      const end = endOfPointsBefore(older, i, first, beforeMs);
      writer.write(older, i, { first, end }, order === 0 ? j : undefined);
    } else {
      writer.write(newer, j, { first: newer.places[3 * j + 1]!, end: newer.places[3 * j + 2]! }, undefined);
    }
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return writer.finish();
}

interface PointRange {
  readonly first: number; // Where the first point begins.
  readonly end: number; // After the last point; not above `first`: there are none.
}

class SeriesWriter {
  readonly #newer: MatrixBytes;
  readonly #bytes: Buffer;
  readonly #places: Uint32Array;
  #end = HEAD.length;
  #count = 0;

  constructor(older: MatrixBytes, newer: MatrixBytes) {
    this.#newer = newer;
    // Not of a pool, which would stay as long as the answer is kept.
    this.#bytes = Buffer.allocUnsafeSlow(HEAD.length + TAIL.length + older.bytes.length + newer.bytes.length);
    this.#bytes.set(HEAD);
    this.#places = new Uint32Array(older.places.length + newer.places.length);
  }

  /** A series with a range of its points and then all points of series `more` of the newer matrix. */
  write(from: MatrixBytes, series: number, points: PointRange, more: number | undefined): void {
    const isEmpty = points.end <= points.first;
    if (isEmpty && more === undefined) return;
    const start = from.places[3 * series]!;
    const pointsStart = from.places[3 * series + 1]!;
    const at = this.#end;
    this.#copy(from, start, pointsStart);
    const firstAt = this.#end;
    if (!isEmpty) this.#copy(from, points.first, points.end);
    if (more !== undefined) {
      if (!isEmpty) this.#bytes[this.#end++] = COMMA;
      this.#copy(this.#newer, this.#newer.places[3 * more + 1]!, this.#newer.places[3 * more + 2]!);
    }
    const place = 3 * this.#count++;
    this.#places[place] = at;
    this.#places[place + 1] = firstAt;
    this.#places[place + 2] = this.#end;
    this.#bytes.set(SERIES_TAIL, this.#end);
    this.#end += SERIES_TAIL.length;
  }

  #copy(from: MatrixBytes, start: number, end: number): void {
    from.bytes.copy(this.#bytes, this.#end, start, end);
    this.#end += end - start;
  }

  finish(): MatrixBytes {
    if (this.#count > 0) this.#end--; // The comma after the last series.
    this.#bytes.set(TAIL, this.#end);
    return {
      bytes: this.#bytes.subarray(0, this.#end + TAIL.length),
      places: this.#places.slice(0, 3 * this.#count),
    };
  }
}

function compareSeries(a: MatrixBytes, i: number, b: MatrixBytes, j: number): number {
  const same = a.bytes.compare(
    b.bytes,
    b.places[3 * j],
    b.places[3 * j + 1],
    a.places[3 * i],
    a.places[3 * i + 1],
  );
  return same === 0 ? 0 : compareLabels(labelsOf(a, i), labelsOf(b, j));
}

// Only where the series of the two differ.
function labelsOf({ bytes, places }: MatrixBytes, series: number): Labels {
  const text = `${bytes.toString("utf8", places[3 * series], places[3 * series + 1])}]}`;
  const { metric } = JSON.parse(text) as { metric: Record<string, string> };
  return labelsFromRecord(metric);
}

// Where the first point at or after `fromMs` begins; after the last point when there is none.
function firstPointFrom({ bytes, places }: MatrixBytes, series: number, fromMs: number): number {
  const end = places[3 * series + 2]!;
  let at = places[3 * series + 1]!;
  while (at < end && timeAt(bytes, at) < fromMs) {
    while (bytes[at] !== CLOSE_BRACKET) at++;
    at += 2; // The comma too.
  }
  return Math.min(at, end);
}

// After the last point before `beforeMs`; `first` or less when there is none from there on.
function endOfPointsBefore(
  { bytes, places }: MatrixBytes,
  series: number,
  first: number,
  beforeMs: number,
): number {
  let end = places[3 * series + 2]!;
  while (end > first) {
    let at = end - 1;
    while (bytes[at] !== OPEN_BRACKET) at--;
    if (timeAt(bytes, at) < beforeMs) return end;
    end = at - 1; // Before the comma, or before the first point.
  }
  return end;
}

// Time in ms of the point at `at`: `[<seconds>,…` with none or three decimals.
function timeAt(bytes: Buffer, at: number): number {
  let next = at + 1;
  const isNegative = bytes[next] === MINUS;
  if (isNegative) next++;
  let digits = 0;
  let scale = 1000;
  for (; bytes[next] !== COMMA; next++) {
    if (bytes[next] === POINT) scale = 1;
    else digits = digits * 10 + bytes[next]! - ZERO;
  }
  return isNegative ? -digits * scale : digits * scale;
}
