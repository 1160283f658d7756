import fc from "fast-check";
import { expect, test } from "vitest";
import { crc32c } from "../../../src/import/crc32c.kernel.ts";

// Bit by bit, as the polynomial says.
function plainCrc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

test("the checksum of the digits is the published one", () => {
  expect(crc32c(Buffer.from("123456789"), 0, 9)).toBe(0xe3069283);
});

test("every piece has the checksum of its twin", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), fc.nat(40), (data, skipped, cut) => {
      const from = Math.min(skipped, data.length);
      const to = Math.max(from, data.length - cut);
      expect(crc32c(data, from, to)).toBe(plainCrc32c(data.subarray(from, to)));
    }),
  );
});
