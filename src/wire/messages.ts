import protobuf from "protobufjs/light.js";

// Fields that nothing here reads or writes are left out; a reader passes over them.

const one = (type: string, id: number): protobuf.IField => ({ type, id });
const many = (type: string, id: number): protobuf.IField => ({ rule: "repeated", type, id });

/** A message whose fields of zero are not written, unless they are the only ones in a oneof. */
function proto3(fields: protobuf.IType["fields"], oneofs: protobuf.IType["oneofs"] = {}): protobuf.IType {
  return { edition: "proto3", fields, oneofs };
}

/** A message whose fields are written whenever they are given, repeated numbers one by one. */
function proto2(fields: protobuf.IType["fields"]): protobuf.IType {
  return { edition: "proto2", fields };
}

// Source: spec RW-22, RW-23, RW-25, RR-2, RR-4.
const PROMETHEUS: protobuf.INamespace["nested"] = {
  Label: proto3({ name: one("string", 1), value: one("string", 2) }),
  TimeSeries: proto3({
    labels: many("Label", 1),
    samples: many("Sample", 2),
    histograms: many("Histogram", 4),
  }),
  Sample: proto3({ value: one("double", 1), timestamp: one("int64", 2) }),
  BucketSpan: proto3({ offset: one("sint32", 1), length: one("uint32", 2) }),
  Histogram: proto3(
    {
      countInt: one("uint64", 1),
      countFloat: one("double", 2),
      sum: one("double", 3),
      schema: one("sint32", 4),
      zeroThreshold: one("double", 5),
      zeroCountInt: one("uint64", 6),
      zeroCountFloat: one("double", 7),
      negativeSpans: many("BucketSpan", 8),
      negativeDeltas: many("sint64", 9),
      negativeCounts: many("double", 10),
      positiveSpans: many("BucketSpan", 11),
      positiveDeltas: many("sint64", 12),
      positiveCounts: many("double", 13),
      resetHint: one("uint32", 14),
      timestamp: one("int64", 15),
      customValues: many("double", 16),
    },
    {
      count: { oneof: ["countInt", "countFloat"] },
      zeroCount: { oneof: ["zeroCountInt", "zeroCountFloat"] },
    },
  ),
  ReadRequest: proto3({
    queries: many("Query", 1),
    acceptedResponseTypes: many("ResponseType", 2),
  }),
  ResponseType: { edition: "proto3", values: { SAMPLES: 0, STREAMED_XOR_CHUNKS: 1 } },
  Query: proto3({
    startTimestampMs: one("int64", 1),
    endTimestampMs: one("int64", 2),
    matchers: many("LabelMatcher", 3),
  }),
  LabelMatcher: proto3({
    type: one("MatcherType", 1),
    name: one("string", 2),
    value: one("string", 3),
  }),
  MatcherType: { edition: "proto3", values: { EQ: 0, NEQ: 1, RE: 2, NRE: 3 } },
};

// Source: spec PB-1, PB-2.
const CLIENT: protobuf.INamespace["nested"] = {
  MetricFamily: proto2({ name: one("string", 1), type: one("uint32", 3), metric: many("Metric", 4) }),
  Metric: proto2({
    label: many("LabelPair", 1),
    untyped: one("Untyped", 5),
    timestampMs: one("int64", 6),
    histogram: one("Histogram", 7),
  }),
  LabelPair: proto2({ name: one("string", 1), value: one("string", 2) }),
  Untyped: proto2({ value: one("double", 1) }),
  Histogram: proto2({
    sampleSum: one("double", 2),
    bucket: many("Bucket", 3),
    sampleCountFloat: one("double", 4),
    schema: one("sint32", 5),
    zeroThreshold: one("double", 6),
    zeroCountFloat: one("double", 8),
    negativeSpan: many("BucketSpan", 9),
    negativeCount: many("double", 11),
    positiveSpan: many("BucketSpan", 12),
    positiveCount: many("double", 14),
  }),
  Bucket: proto2({ upperBound: one("double", 2), cumulativeCountFloat: one("double", 4) }),
  BucketSpan: proto2({ offset: one("sint32", 1), length: one("uint32", 2) }),
};

const root = protobuf.Root.fromJSON({
  nested: { prometheus: { nested: PROMETHEUS }, client: { nested: CLIENT } },
});

/** One series with its samples, in remote writes and in answers to remote reads. */
export const TIME_SERIES: protobuf.Type = root.lookupType("prometheus.TimeSeries");
/** A native histogram at one time, in a TimeSeries. */
export const HISTOGRAM: protobuf.Type = root.lookupType("prometheus.Histogram");
/** What a remote read asks for. */
export const READ_REQUEST: protobuf.Type = root.lookupType("prometheus.ReadRequest");
/** Metrics of one name, as they are scraped. */
export const METRIC_FAMILY: protobuf.Type = root.lookupType("client.MetricFamily");

/** A label as all messages have it. */
export interface LabelMessage {
  readonly name: string;
  readonly value: string;
}

/**
 * Names and values in turn as label messages, in their order. Half a surrogate pair becomes U+FFFD: the library would
 * write it as it is, and no reader takes that as UTF-8.
 */
export function labelMessages(labels: readonly string[]): LabelMessage[] {
  const messages: LabelMessage[] = [];
  for (let i = 0; i < labels.length; i += 2) {
    messages.push({ name: labels[i]!.toWellFormed(), value: labels[i + 1]!.toWellFormed() });
  }
  return messages;
}
