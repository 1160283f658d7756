/** A protobuf message: field number → values. Numbers are doubles, bigints varints (already zigzag where signed). */
export type Message = readonly (readonly [field: number, value: FieldValue])[];
export type FieldValue = number | bigint | string | Uint8Array | Message;

/** A field of a packed list of varints or, as numbers, doubles. */
export function packed(values: readonly (number | bigint)[]): Uint8Array {
  return Buffer.concat(values.map((value) => (typeof value === "bigint" ? varint(value) : double(value))));
}

/** A signed number as a zigzag varint. */
export function zigzag(value: number): bigint {
  return BigInt(value < 0 ? -2 * value - 1 : 2 * value);
}

function encodeMessage(message: Message): Buffer {
  return Buffer.concat(message.map(([field, value]) => encodeField(field, value)));
}

/** Messages with their lengths before them, as scrapes send metric families. */
export function delimited(...messages: readonly Message[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const bytes = encodeMessage(message);
      return [varint(BigInt(bytes.length)), bytes];
    }),
  );
}

function encodeField(field: number, value: FieldValue): Buffer {
  if (typeof value === "number") return Buffer.concat([tag(field, 1), double(value)]);
  if (typeof value === "bigint") return Buffer.concat([tag(field, 0), varint(value)]);
  const bytes =
    typeof value === "string"
      ? Buffer.from(value)
      : value instanceof Uint8Array
        ? value
        : encodeMessage(value);
  return Buffer.concat([tag(field, 2), varint(BigInt(bytes.length)), bytes]);
}

function tag(field: number, wireType: number): Buffer {
  return varint(BigInt(field * 8 + wireType));
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
