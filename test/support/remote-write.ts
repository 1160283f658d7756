/** One sample of a series whose name and labels are given as a record. */
export interface WrittenSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

/** Sends samples by remote write 1.0, one TimeSeries message each. @returns the HTTP status. */
export async function remoteWrite(base: string, samples: readonly WrittenSample[]): Promise<number> {
  const response = await fetch(`${base}/api/v1/write`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
    body: snappyLiterals(encodeWriteRequest(samples)),
  });
  await response.arrayBuffer();
  return response.status;
}

/** A prometheus.WriteRequest. Field numbers: spec RW-22, RW-23. */
export function encodeWriteRequest(samples: readonly WrittenSample[]): Uint8Array {
  return Buffer.concat(
    samples.map(({ labels, timeMs, value }) => {
      const pairs = Object.entries(labels)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, text]) =>
          field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(text))])),
        );
      const number = Buffer.alloc(9);
      number[0] = (1 << 3) | 1;
      number.writeDoubleLE(value, 1);
      const sample = field(2, Buffer.concat([number, Buffer.from([2 << 3]), varint(timeMs)]));
      return field(1, Buffer.concat([...pairs, sample]));
    }),
  );
}

/** A snappy block that copies its input as literals: valid, if not small. */
export function snappyLiterals(content: Uint8Array): Buffer {
  const parts = [varint(content.length)];
  for (let at = 0; at < content.length; at += 0x10000) {
    const literal = content.subarray(at, at + 0x10000);
    const length = literal.length - 1;
    parts.push(Buffer.from([61 << 2, length & 255, length >> 8]), Buffer.from(literal)); // Tag 61: a 16-bit length.
  }
  return Buffer.concat(parts);
}

/** A length-delimited field of a protobuf message. */
export function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2]), varint(content.length), content]);
}

/** A protobuf varint. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
