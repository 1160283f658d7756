import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeChunk } from "../../../../src/import/prometheus/chunk.ts";
import { SampleBuffer } from "../../../../src/import/sample-buffer.ts";
import { xor2Chunk, xorChunk, type BitSample } from "../../../support/chunk-writer.ts";

const XOR = 1;
const XOR2 = 4;

const STALE = 0x7ff0000000000002n;

// Times go up by steps of all sizes, mostly equal ones; values repeat, change a little or altogether.
const samples = fc
  .tuple(
    fc.integer({ min: -(2 ** 41), max: 2 ** 41 }),
    fc.array(
      fc.record({
        step: fc.oneof(
          { weight: 4, arbitrary: fc.constant(15_000) },
          fc.integer({ min: 1, max: 20_000 }),
          fc.integer({ min: 1, max: 2 ** 34 }),
        ),
        change: fc.oneof(
          fc.constant(0n),
          fc.bigInt({ min: 0n, max: 0xffffn }),
          fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
          fc.integer({ min: 0, max: 63 }).map((bit) => 1n << BigInt(bit)),
        ),
        isStale: fc.integer({ min: 0, max: 9 }).map((digit) => digit === 0),
      }),
      { minLength: 1, maxLength: 140 },
    ),
  )
  .map(([first, rows]) => {
    let time = BigInt(first);
    let bits = 0x3ff0000000000000n;
    return rows.map(({ step, change, isStale }): BitSample => {
      time += BigInt(step);
      bits ^= change;
      return { time, bits: isStale ? STALE : bits };
    });
  });

function decoded(encoding: number, data: Uint8Array): BitSample[] {
  const buffer = new SampleBuffer();
  decodeChunk(encoding, data, buffer);
  return Array.from({ length: buffer.count }, (_, row) => ({
    time: BigInt(buffer.times[row]!),
    bits: (BigInt(buffer.bits[2 * row + 1]!) << 32n) | BigInt(buffer.bits[2 * row]!),
  }));
}

// Our own marker for no sample is no value of theirs; it comes out as the ordinary NaN.
const plain = (list: readonly BitSample[]): BitSample[] =>
  list.map(({ time, bits }) => ({
    time,
    bits: (bits & 0xfff7ffffffffffffn) === 0x7ff000006e617274n ? 0x7ff8000000000001n : bits,
  }));

test("an XOR chunk gives back every bit", () => {
  fc.assert(
    fc.property(samples, (list) => {
      expect(decoded(XOR, xorChunk(list))).toEqual(plain(list));
    }),
  );
});

test("an XOR2 chunk gives back every bit", () => {
  fc.assert(
    fc.property(samples, (list) => {
      expect(decoded(XOR2, xor2Chunk(list, 0))).toEqual(plain(list));
    }),
  );
});

test("start times of an XOR2 chunk are read over", () => {
  fc.assert(
    fc.property(samples, fc.boolean(), fc.integer({ min: 1, max: 127 }), (list, isFirstKnown, startsOn) => {
      const started = list.map((sample, i) => ({
        ...sample,
        ...(i > 0 || isFirstKnown ? { start: sample.time - BigInt(i * i * i * 1000) } : {}),
      }));
      expect(decoded(XOR2, xor2Chunk(started, startsOn))).toEqual(plain(list));
    }),
  );
});

test("our marker for no sample becomes an ordinary NaN", () => {
  const list = [{ time: 1n, bits: 0x7ff000006e617274n }];
  expect(decoded(XOR, xorChunk(list))).toEqual([{ time: 1n, bits: 0x7ff8000000000001n }]);
});

test("a chunk that is cut short is refused", () => {
  const list = Array.from({ length: 20 }, (_, i) => ({
    time: BigInt(i * 1000 + i * i),
    bits: BigInt(i) << 40n,
  }));
  for (const [encoding, data] of [
    [XOR, xorChunk(list)],
    [XOR2, xor2Chunk(list, 0)],
  ] as const) {
    expect(() => decoded(encoding, data.subarray(0, data.length - 3))).toThrow(
      "the chunk ends before its 20 samples",
    );
  }
});

test("a chunk of an unknown encoding is refused", () => {
  expect(() => decoded(9, new Uint8Array(10))).toThrow("chunk of unknown encoding 9; known are 1 to 6");
});
