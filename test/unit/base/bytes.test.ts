import {
  array,
  assert as assertProperty,
  double,
  integer,
  nat,
  oneof,
  property,
  record,
  string,
  uint8Array,
  constant,
} from "fast-check";
import { expect, test } from "vitest";
import { ByteReader, ByteWriter, MalformedBytesError } from "../../../src/base/index.ts";

const item = oneof(
  record({ kind: constant("varint" as const), value: oneof(nat(300), nat(Number.MAX_SAFE_INTEGER)) }),
  record({ kind: constant("zigzag" as const), value: integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }) }),
  record({ kind: constant("u8" as const), value: nat(255) }),
  record({ kind: constant("u32" as const), value: nat(2 ** 32 - 1) }),
  record({ kind: constant("f64" as const), value: double({ noNaN: true }) }),
);

test("what was written reads back in order", () => {
  assertProperty(
    property(array(item), string({ unit: "grapheme" }), uint8Array(), (items, text, bytes) => {
      const out = new ByteWriter(1);
      for (const { kind, value } of items) out[kind](value);
      out.text(text);
      out.bytes(bytes);
      const from = new ByteReader(out.written());
      for (const { kind, value } of items) expect(from[kind]()).toBe(value);
      expect(from.text()).toBe(text);
      expect(from.left).toBe(bytes.length);
      const at = from.skip(bytes.length);
      expect([...out.copy().subarray(at)]).toEqual([...bytes]);
    }),
  );
});

test("every read that would pass the end is refused", () => {
  const out = new ByteWriter();
  out.text("four");
  const short = out.written().subarray(0, 3);
  for (const read of ["text", "u32", "f64"] as const) {
    expect(() => new ByteReader(short)[read]()).toThrow(MalformedBytesError);
  }
  expect(() => new ByteReader(Uint8Array.of(0x80)).varint()).toThrow(
    "bytes end too early: 1 wanted at byte 1",
  );
  expect(() => new ByteReader(new Uint8Array(9).fill(0xff)).varint()).toThrow("longer than 53 bits");
  expect(() => new ByteReader(Uint8Array.of(1, 2, 3), 0, 2).skip(3)).toThrow(MalformedBytesError);
});

test("a patched number and a truncated end are as if written so", () => {
  const out = new ByteWriter(4);
  out.u32(1);
  out.u8(2);
  out.u8(3);
  out.patchU32(0, 0xfffffffe);
  out.truncate(5);
  expect([...out.written()]).toEqual([0xfe, 0xff, 0xff, 0xff, 2]);
  out.reset();
  expect(out.length).toBe(0);
});
