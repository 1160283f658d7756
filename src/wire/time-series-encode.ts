import { ByteWriter } from "../base/index.ts";
import { bitsOf, type Histogram, type Labels, type ResetHint, type Span } from "../model/index.ts";
import { int64Bytes, writeInt64, writeLabel, writeMessage } from "./proto-writer.ts";

const RESET_HINTS: Readonly<Record<ResetHint, number>> = { unknown: 0, reset: 1, not_reset: 2, gauge: 3 };
const STALE_BITS: readonly [low: number, high: number] = [2, 0x7ff00000];

/**
 * Builds TimeSeries messages, one after the other: `begin`, samples in time order, then the message is in `message`
 * until the next `begin`. Histograms get float counts; NaN values are kept bit for bit. Source: spec RW-23, RW-25.
 */
export class TimeSeriesEncoder {
  readonly message: ByteWriter = new ByteWriter(1024);
  // A length has to be known before its message is written.
  readonly #histogram = new ByteWriter();
  readonly #span = new ByteWriter();

  begin(labels: Labels): void {
    this.message.reset();
    for (let i = 0; i < labels.length; i += 2) writeLabel(this.message, 0x0a, labels[i]!, labels[i + 1]!);
  }

  /** Rows `[from, to)` of two columns that belong together. */
  floats(times: Float64Array, values: Float64Array, from: number, to: number): void {
    const { message } = this;
    const bits = bitsOf(values);
    for (let row = from; row < to; row++) {
      const time = times[row]!;
      message.u8(0x12);
      message.u8(10 + int64Bytes(time));
      message.u8(0x09);
      message.u32(bits[2 * row]!);
      message.u32(bits[2 * row + 1]!);
      message.u8(0x10);
      writeInt64(message, time);
    }
  }

  histogram(time: number, histogram: Histogram): void {
    const part = this.#histogram;
    part.reset();
    this.#writeHistogram(histogram);
    part.u8(0x78);
    writeInt64(part, time);
    writeMessage(this.message, 0x22, part);
  }

  #writeHistogram(histogram: Histogram): void {
    const part = this.#histogram;
    part.u8(0x11);
    part.f64(histogram.count);
    part.u8(0x19);
    if (histogram.stale) for (const word of STALE_BITS) part.u32(word);
    else part.f64(histogram.sum);
    part.u8(0x20);
    part.zigzag(histogram.schema);
    part.u8(0x29);
    part.f64(histogram.zeroThreshold);
    part.u8(0x39);
    part.f64(histogram.zeroCount);
    for (const span of histogram.negativeSpans) writeSpan(part, 0x42, span, this.#span);
    writeDoubles(part, [0x52], histogram.negativeBuckets);
    for (const span of histogram.positiveSpans) writeSpan(part, 0x5a, span, this.#span);
    writeDoubles(part, [0x6a], histogram.positiveBuckets);
    part.u8(0x70);
    part.varint(RESET_HINTS[histogram.resetHint]);
    writeDoubles(part, [0x82, 0x01], histogram.customBounds);
  }
}

/** A bucket span: offset (field 1, zigzag) and length (field 2), in both kinds of histogram messages. */
export function writeSpan(part: ByteWriter, tag: number, span: Span, inner: ByteWriter): void {
  inner.reset();
  inner.u8(0x08);
  inner.zigzag(span.offset);
  inner.u8(0x10);
  inner.varint(span.length);
  writeMessage(part, tag, inner);
}

function writeDoubles(part: ByteWriter, tagBytes: readonly number[], values: readonly number[]): void {
  if (values.length === 0) return;
  for (const byte of tagBytes) part.u8(byte);
  part.varint(8 * values.length);
  for (const value of values) part.f64(value);
}
