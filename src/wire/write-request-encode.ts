import { ByteWriter } from "../base/index.ts";
import { bitsOf, labelEntries, type Histogram, type ResetHint, type Span } from "../model/index.ts";
import type { ReceivedSeries } from "./write-request.ts";

const RESET_HINTS: Readonly<Record<ResetHint, number>> = { unknown: 0, reset: 1, not_reset: 2, gauge: 3 };
const STALE_BITS: readonly [low: number, high: number] = [2, 0x7ff00000];

/** Buffers for messages inside messages: a length has to be known before its message is written. */
interface Writers {
  readonly request: ByteWriter;
  readonly series: ByteWriter;
  readonly part: ByteWriter;
  readonly inner: ByteWriter;
}

/**
 * A remote-write 1.0 request, not compressed. Histograms are sent with float counts; NaN values bit for bit.
 * Source: spec RW-22, RW-23, RW-25.
 */
export function encodeWriteRequest(series: readonly ReceivedSeries[]): Uint8Array<ArrayBuffer> {
  const writers = {
    request: new ByteWriter(4096),
    series: new ByteWriter(1024),
    part: new ByteWriter(),
    inner: new ByteWriter(),
  };
  for (const one of series) {
    writers.series.reset();
    writeSeries(writers, one);
    writeMessage(writers.request, 0x0a, writers.series);
  }
  return writers.request.copy();
}

function writeSeries(writers: Writers, series: ReceivedSeries): void {
  const { part } = writers;
  for (const [name, value] of labelEntries(series.labels)) {
    part.reset();
    part.u8(0x0a);
    part.text(name);
    part.u8(0x12);
    part.text(value);
    writeMessage(writers.series, 0x0a, part);
  }
  const bits = bitsOf(series.values);
  for (let row = 0; row < series.times.length; row++) {
    part.reset();
    part.u8(0x09);
    part.u32(bits[2 * row]!);
    part.u32(bits[2 * row + 1]!);
    part.u8(0x10);
    writeInt64(part, series.times[row]!);
    writeMessage(writers.series, 0x12, part);
  }
  for (const { time, histogram } of series.histograms) {
    part.reset();
    writeHistogram(writers, histogram);
    part.u8(0x78);
    writeInt64(part, time);
    writeMessage(writers.series, 0x22, part);
  }
}

function writeHistogram({ part, inner }: Writers, histogram: Histogram): void {
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
  for (const span of histogram.negativeSpans) writeSpan(part, 0x42, span, inner);
  writeDoubles(part, [0x52], histogram.negativeBuckets);
  for (const span of histogram.positiveSpans) writeSpan(part, 0x5a, span, inner);
  writeDoubles(part, [0x6a], histogram.positiveBuckets);
  part.u8(0x70);
  part.varint(RESET_HINTS[histogram.resetHint]);
  writeDoubles(part, [0x82, 0x01], histogram.customBounds);
}

function writeSpan(part: ByteWriter, tag: number, span: Span, inner: ByteWriter): void {
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

function writeMessage(into: ByteWriter, tag: number, message: ByteWriter): void {
  into.u8(tag);
  into.varint(message.length);
  into.bytes(message.written());
}

// Two's complement in 64 bits: a negative number always takes ten bytes.
function writeInt64(into: ByteWriter, value: number): void {
  if (value >= 0) {
    into.varint(value);
    return;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) into.u8(Number(rest & 0x7fn) | 0x80);
  into.u8(Number(rest));
}
