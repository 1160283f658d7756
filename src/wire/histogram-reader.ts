import {
  checkHistogram,
  createHistogram,
  EXPONENTIAL_SCHEMA_MAX,
  isStaleAt,
  millis,
  reduceHistogram,
  STALE_HISTOGRAM,
  bitsOf,
  type Histogram,
  type Millis,
  type ResetHint,
  type Span,
} from "../model/index.ts";
import { WireError } from "./errors.ts";
import type { ProtoReader } from "./proto-reader.ts";

const RESET_HINTS: readonly ResetHint[] = ["unknown", "reset", "not_reset", "gauge"];
const RESERVED_SCHEMA_MAX = 52;

/** One side's buckets as they are sent: integer counts as differences, float counts as they are. */
interface SentSide {
  readonly spans: Span[];
  readonly deltas: number[];
  readonly counts: number[];
}

interface SentHistogram {
  kind: "integer" | "float";
  count: number;
  sum: number;
  stale: boolean;
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  readonly positive: SentSide;
  readonly negative: SentSide;
  resetHint: ResetHint;
  time: number;
  readonly customBounds: number[];
}

/**
 * Reads a Histogram message, to which the reader is narrowed; schemas above 8 are brought to 8.
 * Source: spec RW-25, RCV-9, RCV-16.
 * @throws WireError when it is malformed or no valid histogram.
 */
export function readHistogram(reader: ProtoReader): { time: Millis; histogram: Histogram } {
  const sent: SentHistogram = {
    kind: "integer",
    count: 0,
    sum: 0,
    stale: false,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { spans: [], deltas: [], counts: [] },
    negative: { spans: [], deltas: [], counts: [] },
    resetHint: "unknown",
    time: 0,
    customBounds: [],
  };
  while (reader.hasMore) readField(reader, reader.tag(), sent);
  return { time: nearestMillis(sent.time), histogram: sent.stale ? STALE_HISTOGRAM : build(sent) };
}

/** The time, or the nearest that is a safe integer; both are out of every store's bounds then. */
export function nearestMillis(time: number): Millis {
  return millis(Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, time)));
}

function readField(reader: ProtoReader, tag: number, sent: SentHistogram): void {
  switch (tag) {
    case 0x08:
      sent.count = reader.uint64();
      sent.kind = "integer";
      return;
    case 0x11:
      sent.count = reader.double();
      sent.kind = "float";
      return;
    case 0x19:
      readSum(reader, sent);
      return;
    case 0x20:
      sent.schema = reader.sint32();
      return;
    case 0x29:
      sent.zeroThreshold = reader.double();
      return;
    case 0x30:
      sent.zeroCount = reader.uint64();
      return;
    case 0x39:
      sent.zeroCount = reader.double();
      return;
    case 0x70:
      sent.resetHint = RESET_HINTS[reader.uint32()] ?? "unknown";
      return;
    case 0x78:
      sent.time = reader.int64();
      return;
    default:
      readRepeatedField(reader, tag, sent);
  }
}

function readRepeatedField(reader: ProtoReader, tag: number, sent: SentHistogram): void {
  switch (tag) {
    case 0x42:
      sent.negative.spans.push(readSpan(reader));
      return;
    case 0x48:
    case 0x4a:
      reader.repeated(tag, () => sent.negative.deltas.push(reader.sint64()));
      return;
    case 0x51:
    case 0x52:
      reader.repeated(tag, () => sent.negative.counts.push(reader.double()));
      return;
    case 0x5a:
      sent.positive.spans.push(readSpan(reader));
      return;
    case 0x60:
    case 0x62:
      reader.repeated(tag, () => sent.positive.deltas.push(reader.sint64()));
      return;
    case 0x69:
    case 0x6a:
      reader.repeated(tag, () => sent.positive.counts.push(reader.double()));
      return;
    case 0x81:
    case 0x82:
      reader.repeated(tag, () => sent.customBounds.push(reader.double()));
      return;
    default:
      reader.skip(tag);
  }
}

function readSum(reader: ProtoReader, sent: SentHistogram): void {
  const sum = new Float64Array(1);
  const bits = bitsOf(sum);
  if (reader.end - reader.at >= 8) {
    bits[0] = reader.view.getUint32(reader.at, true);
    bits[1] = reader.view.getUint32(reader.at + 4, true);
  }
  sent.sum = reader.double();
  sent.stale = isStaleAt(bits, 0);
}

/** A BucketSpan message that follows its tag; remote write and scraping number its fields alike. */
export function readSpan(reader: ProtoReader): Span {
  let offset = 0;
  let length = 0;
  const outerEnd = reader.enter();
  while (reader.hasMore) {
    const tag = reader.tag();
    if (tag === 0x08) offset = reader.sint32();
    else if (tag === 0x10) length = reader.uint32();
    else reader.skip(tag);
  }
  reader.leave(outerEnd);
  return { offset, length };
}

function build(sent: SentHistogram): Histogram {
  const histogram = createHistogram({
    schema: sent.schema,
    resetHint: sent.resetHint,
    count: sent.count,
    sum: sent.sum,
    zeroThreshold: sent.zeroThreshold,
    zeroCount: sent.zeroCount,
    positiveSpans: sent.positive.spans,
    positiveBuckets: countsOf(sent.positive, sent.kind),
    negativeSpans: sent.negative.spans,
    negativeBuckets: countsOf(sent.negative, sent.kind),
    customBounds: sent.customBounds,
  });
  const isTooFine = sent.schema > EXPONENTIAL_SCHEMA_MAX && sent.schema <= RESERVED_SCHEMA_MAX;
  // Checked before it is reduced: only then is the work not more than the buckets that were sent.
  const checked = isTooFine ? { ...histogram, schema: EXPONENTIAL_SCHEMA_MAX } : histogram;
  const fault = checkHistogram(checked, sent.kind);
  if (fault !== undefined) throw new WireError(fault);
  return reduceHistogram(histogram, EXPONENTIAL_SCHEMA_MAX);
}

function countsOf(side: SentSide, kind: "integer" | "float"): number[] {
  if (kind === "float") return side.counts;
  let count = 0;
  return side.deltas.map((delta) => (count += delta));
}
