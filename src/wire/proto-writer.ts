import type { ByteWriter } from "../base/index.ts";

/** Bytes of a varint of a non-negative safe integer. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** An int64: two's complement in 64 bits, so that a negative number always takes ten bytes. */
export function writeInt64(into: ByteWriter, value: number): void {
  if (value >= 0) {
    into.varint(value);
    return;
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) into.u8(Number(rest & 0x7fn) | 0x80);
  into.u8(Number(rest));
}

/** Bytes that `writeInt64` writes. */
export function int64Bytes(value: number): number {
  return value < 0 ? 10 : varintBytes(value);
}

/** A field that is a message, which was written apart because its length comes before it. */
export function writeMessage(into: ByteWriter, tag: number, message: ByteWriter): void {
  into.u8(tag);
  into.varint(message.length);
  into.bytes(message.written());
}

/** A field that is a message of a name (field 1) and a value (field 2), as all label messages are. */
export function writeLabel(into: ByteWriter, tag: number, name: string, value: string): void {
  const nameBytes = Buffer.byteLength(name, "utf8");
  const valueBytes = Buffer.byteLength(value, "utf8");
  into.u8(tag);
  into.varint(2 + varintBytes(nameBytes) + nameBytes + varintBytes(valueBytes) + valueBytes);
  into.u8(0x0a);
  into.text(name);
  into.u8(0x12);
  into.text(value);
}
