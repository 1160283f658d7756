import protobuf from "protobufjs/light.js";
import { bitsOf, type Histogram, type Labels, type ResetHint } from "../model/index.ts";
import { HISTOGRAM, labelMessages, TIME_SERIES } from "./messages.ts";

const RESET_HINTS: Readonly<Record<ResetHint, number>> = { unknown: 0, reset: 1, not_reset: 2, gauge: 3 };
const STALE_LOW = 2;
const STALE_HIGH = 0x7ff00000;

// Tags of the fields that are written without a message object: number of the field times 8 plus wire type.
const SAMPLES = 0x12;
const SAMPLE_VALUE = 0x09;
const SAMPLE_TIMESTAMP = 0x10;
const HISTOGRAMS = 0x22;
const HISTOGRAM_SUM = 0x19;
const FIRST_FIELD = 0x0a;

// A message is put together from parts, because a Writer copies all it holds whenever it grows, and from 1 GiB on it does
// so at every write.
const PART_BYTES = 64 * 1024;

/**
 * Builds one TimeSeries message from samples in time order. NaN values are kept bit for bit.
 * Source: spec RW-23, RW-25.
 */
export class TimeSeriesEncoder {
  readonly #parts: Uint8Array[] = [];
  #writer: protobuf.Writer;

  constructor(labels: Labels) {
    this.#writer = TIME_SERIES.encode({ labels: labelMessages(labels) });
  }

  /** Rows `[from, to)` of two columns that belong together. */
  floats(times: Float64Array, values: Float64Array, from: number, to: number): void {
    const bits = bitsOf(values);
    for (let row = from; row < to; row++) {
      // Two words, since the engine may change a NaN that passes through a message object as a number.
      this.#writer
        .uint32(SAMPLES)
        .fork()
        .uint32(SAMPLE_VALUE)
        .fixed32(bits[2 * row]!)
        .fixed32(bits[2 * row + 1]!)
        .uint32(SAMPLE_TIMESTAMP)
        .int64(times[row]!)
        .ldelim();
      if (this.#writer.pos >= PART_BYTES) this.#endPart();
    }
  }

  histogram(time: number, histogram: Histogram): void {
    HISTOGRAM.encode(histogramMessage(time, histogram), this.#writer.uint32(HISTOGRAMS).fork());
    if (histogram.stale) this.#writer.uint32(HISTOGRAM_SUM).fixed32(STALE_LOW).fixed32(STALE_HIGH);
    this.#writer.ldelim();
    if (this.#writer.pos >= PART_BYTES) this.#endPart();
  }

  /** The message as field 1 of the message around it, in parts. Nothing can be added any more. */
  finish(): Uint8Array[] {
    this.#endPart();
    return asFirstField(this.#parts);
  }

  #endPart(): void {
    this.#parts.push(this.#writer.finish());
    this.#writer = protobuf.Writer.create();
  }
}

/** Parts of a message with the tag of field 1 and their length before them. */
export function asFirstField(parts: readonly Uint8Array[]): Uint8Array[] {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return [protobuf.Writer.create().uint32(FIRST_FIELD).uint32(bytes).finish(), ...parts];
}

function histogramMessage(time: number, histogram: Histogram): object {
  return {
    ...(hasIntegerCounts(histogram) ? integerCounts(histogram) : floatCounts(histogram)),
    sum: histogram.stale ? undefined : histogram.sum,
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    negativeSpans: histogram.negativeSpans,
    positiveSpans: histogram.positiveSpans,
    resetHint: RESET_HINTS[histogram.resetHint],
    timestamp: time,
    customValues: histogram.customBounds,
  };
}

/**
 * Whether a histogram can be sent as the integer histogram that it most likely was. Prometheus's remote-read client
 * fails on range selectors over those with float counts.
 */
function hasIntegerCounts({ count, zeroCount, sum, ...histogram }: Histogram): boolean {
  const counts = [zeroCount, ...histogram.positiveBuckets, ...histogram.negativeBuckets];
  if (!Number.isSafeInteger(count) || !counts.every((each) => Number.isSafeInteger(each) && each >= 0))
    return false;
  const total = counts.reduce((a, b) => a + b, 0);
  // Observations that are NaN are counted, but in no bucket.
  return Number.isNaN(sum) ? total <= count : total === count;
}

function integerCounts({ count, zeroCount, ...histogram }: Histogram): object {
  return {
    countInt: count,
    zeroCountInt: zeroCount,
    negativeDeltas: deltasOf(histogram.negativeBuckets),
    positiveDeltas: deltasOf(histogram.positiveBuckets),
  };
}

function floatCounts({ count, zeroCount, ...histogram }: Histogram): object {
  return {
    countFloat: count,
    zeroCountFloat: zeroCount,
    negativeCounts: histogram.negativeBuckets,
    positiveCounts: histogram.positiveBuckets,
  };
}

function deltasOf(counts: readonly number[]): number[] {
  return counts.map((count, bucket) => count - (counts[bucket - 1] ?? 0));
}
