import protobuf from "protobufjs";

const field = (type: string, id: number, rule?: "repeated"): protobuf.IField =>
  rule === undefined ? { type, id } : { type, id, rule };

/** The messages of remote write 1.0 for a general protobuf library, the reference that our reader is compared with. */
const root: protobuf.Root = protobuf.Root.fromJSON({
  nested: {
    WriteRequest: { fields: { timeseries: field("TimeSeries", 1, "repeated") } },
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
  },
});

const writeRequest = root.lookupType("WriteRequest");

/** Bytes of a request given as plain objects. */
export function encodeReference(request: { timeseries: object[] }): Uint8Array {
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
