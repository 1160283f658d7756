// Chunks of native histograms. In bits, highest first; the numbers of variable size are those of bit-reader.ts.
//
// | field          | meaning                                                                                |
// | -------------- | -------------------------------------------------------------------------------------- |
// | zero threshold | a byte: 0 for 0, 255: a float follows, else the power of two 2^(byte - 244)             |
// | schema         | signed                                                                                 |
// | spans          | of the positive, then the negative side: count, then length and signed offset of each  |
// | bounds         | only with custom buckets: count, then each ×1000 + 1, or 0 and the float               |
// | samples        | integers: time, count, zero count and, bucket by bucket, the difference to the bucket  |
// |                | before, each as change of its change; the sum as what differs from the one before.     |
// |                | floats: only the time is a change of a change, all others are what differs. Behind the |
// |                | sum of a staleness marker nothing follows. With start times, those follow each sample. |
//
// Source: the format description of Prometheus.

import { MalformedBytesError } from "../../base/index.ts";
import {
  createHistogram,
  CUSTOM_BUCKETS_SCHEMA,
  STALE_HISTOGRAM,
  type Histogram,
  type ResetHint,
  type Span,
} from "../../model/index.ts";
import type { SampleBuffer } from "../sample-buffer.ts";
import { XorFloat, type BitReader } from "./bit-reader.ts";

const SCHEMA_MIN = -4;
const SCHEMA_MAX = 8;
const BUCKETS_MAX = 1_000_000;

/** What a chunk's header says. */
export interface HistogramChunkHeader {
  readonly count: number; // Samples.
  readonly isGauge: boolean;
  /** Which samples carry a start time; undefined: the encoding has none. */
  readonly starts: StartTimes | undefined;
}

/** Start times are read over: blocks have no place for them. */
export interface StartTimes {
  readonly isFirstKnown: boolean;
  readonly changeOn: number; // Number of the first later sample that has one; 0: none has.
}

// Reads over the start time of sample `index`, where it has one.
function skipStartTime(reader: BitReader, index: number, starts: StartTimes): void {
  if (index === 0) {
    if (starts.isFirstKnown) reader.varint();
  } else if (starts.changeOn > 0 && index >= starts.changeOn) reader.varbitInt();
}

type Layout = Pick<
  Histogram,
  "schema" | "zeroThreshold" | "positiveSpans" | "negativeSpans" | "customBounds" | "resetHint"
>;

/** Decodes a chunk into `into`. @throws MalformedBytesError */
export function decodeHistogramChunk(
  reader: BitReader,
  header: HistogramChunkHeader,
  kind: "integer" | "float",
  into: SampleBuffer,
): void {
  if (header.count === 0) return;
  const layout = readLayout(reader, header.isGauge ? "gauge" : "unknown");
  const counts = kind === "integer" ? new IntegerCounts(layout) : new FloatCounts(layout);
  let time = 0;
  let delta = 0;
  for (let index = 0; index < header.count; index++) {
    if (index === 0) time = reader.varbitInt();
    else {
      delta += reader.varbitInt();
      time += delta;
    }
    into.addHistogram(time, index === 0 ? counts.first(reader) : counts.next(reader));
    if (header.starts !== undefined) skipStartTime(reader, index, header.starts);
  }
}

function readLayout(reader: BitReader, resetHint: ResetHint): Layout {
  const threshold = reader.bits(8);
  const zeroThreshold = threshold === 0 ? 0 : threshold === 255 ? reader.f64() : 2 ** (threshold - 244);
  const schema = reader.varbitInt();
  if (schema !== CUSTOM_BUCKETS_SCHEMA && !(schema >= SCHEMA_MIN && schema <= SCHEMA_MAX)) {
    throw new MalformedBytesError(`histogram of schema ${schema}, known are -4 to 8 and -53`);
  }
  const positiveSpans = readSpans(reader);
  const negativeSpans = readSpans(reader);
  const customBounds = schema === CUSTOM_BUCKETS_SCHEMA ? readBounds(reader) : [];
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customBounds, resetHint };
}

function readSpans(reader: BitReader): Span[] {
  const count = reader.varbitUint();
  const spans: Span[] = [];
  for (let i = 0; i < count; i++) {
    const length = reader.varbitUint();
    spans.push({ offset: reader.varbitInt(), length });
  }
  return spans;
}

function readBounds(reader: BitReader): number[] {
  const count = reader.varbitUint();
  const bounds: number[] = [];
  for (let i = 0; i < count; i++) {
    const thousandths = reader.varbitUint();
    bounds.push(thousandths === 0 ? reader.f64() : (thousandths - 1) / 1000);
  }
  return bounds;
}

function bucketCount(spans: readonly Span[]): number {
  let count = 0;
  for (const { length } of spans) count += length;
  if (count > BUCKETS_MAX) throw new MalformedBytesError(`histogram of ${count} buckets`);
  return count;
}

/** A whole number that is written as change of its change. */
class Whole {
  value = 0;
  #delta = 0;

  next(change: number): void {
    this.#delta += change;
    this.value += this.#delta;
  }
}

class IntegerCounts {
  readonly #layout: Layout;
  readonly #count = new Whole();
  readonly #zeroCount = new Whole();
  readonly #sum = new XorFloat();
  readonly #positive: Whole[]; // Each bucket less the one before.
  readonly #negative: Whole[];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#positive = Array.from({ length: bucketCount(layout.positiveSpans) }, () => new Whole());
    this.#negative = Array.from({ length: bucketCount(layout.negativeSpans) }, () => new Whole());
  }

  first(reader: BitReader): Histogram {
    this.#count.value = reader.varbitUint();
    this.#zeroCount.value = reader.varbitUint();
    this.#sum.start(reader);
    for (const bucket of this.#positive) bucket.value = reader.varbitInt();
    for (const bucket of this.#negative) bucket.value = reader.varbitInt();
    return this.#histogram();
  }

  next(reader: BitReader): Histogram {
    this.#count.next(reader.varbitInt());
    this.#zeroCount.next(reader.varbitInt());
    this.#sum.next(reader);
    if (this.#sum.isStale) return STALE_HISTOGRAM;
    for (const bucket of this.#positive) bucket.next(reader.varbitInt());
    for (const bucket of this.#negative) bucket.next(reader.varbitInt());
    return this.#histogram();
  }

  #histogram(): Histogram {
    if (this.#sum.isStale) return STALE_HISTOGRAM;
    return createHistogram({
      ...this.#layout,
      count: this.#count.value,
      zeroCount: this.#zeroCount.value,
      sum: this.#sum.value,
      positiveBuckets: addUp(this.#positive),
      negativeBuckets: addUp(this.#negative),
    });
  }
}

function addUp(buckets: readonly Whole[]): number[] {
  let count = 0;
  return buckets.map((bucket) => (count += bucket.value));
}

class FloatCounts {
  readonly #layout: Layout;
  readonly #totals = [new XorFloat(), new XorFloat(), new XorFloat()]; // Count, zero count, sum.
  readonly #positive: XorFloat[];
  readonly #negative: XorFloat[];

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#positive = Array.from({ length: bucketCount(layout.positiveSpans) }, () => new XorFloat());
    this.#negative = Array.from({ length: bucketCount(layout.negativeSpans) }, () => new XorFloat());
  }

  first(reader: BitReader): Histogram {
    for (const number of [...this.#totals, ...this.#positive, ...this.#negative]) number.start(reader);
    return this.#histogram();
  }

  next(reader: BitReader): Histogram {
    for (const total of this.#totals) total.next(reader);
    if (this.#totals[2]!.isStale) return STALE_HISTOGRAM;
    for (const bucket of this.#positive) bucket.next(reader);
    for (const bucket of this.#negative) bucket.next(reader);
    return this.#histogram();
  }

  #histogram(): Histogram {
    const [count, zeroCount, sum] = this.#totals;
    if (sum!.isStale) return STALE_HISTOGRAM;
    return createHistogram({
      ...this.#layout,
      count: count!.value,
      zeroCount: zeroCount!.value,
      sum: sum!.value,
      positiveBuckets: this.#positive.map(({ value }) => value),
      negativeBuckets: this.#negative.map(({ value }) => value),
    });
  }
}
