import protobuf from "protobufjs";

const field = (type: string, id: number, rule?: "repeated"): protobuf.IField =>
  rule === undefined ? { type, id } : { type, id, rule };

/** Messages for a general protobuf library, the reference that our readers and writers are compared with. */
const root: protobuf.Root = protobuf.Root.fromJSON({
  nested: {
    WriteRequest: {
      fields: { timeseries: field("TimeSeries", 1, "repeated"), metadata: field("Metadata", 3, "repeated") },
    },
    Metadata: {
      fields: {
        type: field("uint32", 1),
        metricFamilyName: field("string", 2),
        help: field("string", 4),
        unit: field("string", 5),
      },
    },
    TimeSeries: {
      fields: {
        labels: field("Label", 1, "repeated"),
        samples: field("Sample", 2, "repeated"),
        exemplars: field("Exemplar", 3, "repeated"),
        histograms: field("Histogram", 4, "repeated"),
      },
    },
    Label: { fields: { name: field("string", 1), value: field("string", 2) } },
    Sample: { fields: { value: field("double", 1), timestamp: field("int64", 2) } },
    Exemplar: {
      fields: {
        labels: field("Label", 1, "repeated"),
        value: field("double", 2),
        timestamp: field("int64", 3),
      },
    },
    Span: { fields: { offset: field("sint32", 1), length: field("uint32", 2) } },
    Histogram: {
      fields: {
        countInt: field("uint64", 1),
        countFloat: field("double", 2),
        sum: field("double", 3),
        schema: field("sint32", 4),
        zeroThreshold: field("double", 5),
        zeroCountInt: field("uint64", 6),
        zeroCountFloat: field("double", 7),
        negativeSpans: field("Span", 8, "repeated"),
        negativeDeltas: field("sint64", 9, "repeated"),
        negativeCounts: field("double", 10, "repeated"),
        positiveSpans: field("Span", 11, "repeated"),
        positiveDeltas: field("sint64", 12, "repeated"),
        positiveCounts: field("double", 13, "repeated"),
        resetHint: field("uint32", 14),
        timestamp: field("int64", 15),
        customValues: field("double", 16, "repeated"),
      },
    },
    ReadRequest: {
      fields: {
        queries: field("Query", 1, "repeated"),
        acceptedResponseTypes: field("uint32", 2, "repeated"),
      },
    },
    Query: {
      fields: {
        startTimestampMs: field("int64", 1),
        endTimestampMs: field("int64", 2),
        matchers: field("LabelMatcher", 3, "repeated"),
        hints: field("ReadHints", 4),
      },
    },
    LabelMatcher: {
      fields: { type: field("uint32", 1), name: field("string", 2), value: field("string", 3) },
    },
    ReadHints: { fields: { stepMs: field("int64", 1), func: field("string", 2) } },
    ReadResponse: { fields: { results: field("QueryResult", 1, "repeated") } },
    QueryResult: { fields: { timeseries: field("TimeSeries", 1, "repeated") } },
    MetricFamily: {
      fields: {
        name: field("string", 1),
        type: field("uint32", 3),
        metric: field("Metric", 4, "repeated"),
      },
    },
    Metric: {
      fields: {
        label: field("Label", 1, "repeated"),
        untyped: field("Untyped", 5),
        timestampMs: field("int64", 6),
        histogram: field("ClientHistogram", 7),
      },
    },
    Untyped: { fields: { value: field("double", 1) } },
    Bucket: { fields: { upperBound: field("double", 2), cumulativeCountFloat: field("double", 4) } },
    ClientHistogram: {
      fields: {
        sampleSum: field("double", 2),
        bucket: field("Bucket", 3, "repeated"),
        sampleCountFloat: field("double", 4),
        schema: field("sint32", 5),
        zeroThreshold: field("double", 6),
        zeroCountFloat: field("double", 8),
        negativeSpan: field("Span", 9, "repeated"),
        negativeCount: field("double", 11, "repeated"),
        positiveSpan: field("Span", 12, "repeated"),
        positiveCount: field("double", 14, "repeated"),
      },
    },
  },
});

/** Bytes of a message given as a plain object. */
export function encodeMessage(name: string, message: object): Uint8Array {
  const type = root.lookupType(name);
  return type.encode(type.fromObject(message)).finish();
}

/** A message as a plain object, numbers as numbers; what is zero or empty is left out. */
export function decodeMessage(name: string, bytes: Uint8Array): object {
  const type = root.lookupType(name);
  return type.toObject(type.decode(bytes), { longs: Number });
}

/** Messages with their length before each. */
export function decodeDelimited(name: string, bytes: Uint8Array): object[] {
  const type = root.lookupType(name);
  const reader = protobuf.Reader.create(bytes);
  const messages: object[] = [];
  while (reader.pos < reader.len) {
    messages.push(type.toObject(type.decodeDelimited(reader), { longs: Number }));
  }
  return messages;
}

const writeRequest = root.lookupType("WriteRequest");

/** Bytes of a request given as plain objects. */
export function encodeReference(request: { timeseries: object[]; metadata?: object[] }): Uint8Array {
  return writeRequest.encode(writeRequest.fromObject(request)).finish();
}

/** A request as plain objects, numbers as numbers. */
export function decodeReference(bytes: Uint8Array): { timeseries?: ReferenceSeries[] } {
  return writeRequest.toObject(writeRequest.decode(bytes), { longs: Number });
}

export interface ReferenceSeries {
  readonly labels?: { readonly name: string; readonly value: string }[];
  readonly samples?: { readonly value?: number; readonly timestamp?: number }[];
}
