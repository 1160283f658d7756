import { array, assert as assertProperty, integer, property, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { ByteWriter, MalformedBytesError } from "../../../../src/base/index.ts";
import {
  allNumbers,
  intersect,
  readPostings,
  subtract,
  unite,
  writePostings,
} from "../../../../src/tsdb/block/postings.ts";

const LIMIT = 300;
const list = uniqueArray(integer({ min: 0, max: LIMIT - 1 }), { maxLength: LIMIT }).map((numbers) =>
  Uint32Array.from(numbers).toSorted(),
);

function written(series: Uint32Array): Uint8Array {
  const out = new ByteWriter();
  writePostings(series, 0, series.length, out);
  return out.copy();
}

test("postings come back", () => {
  assertProperty(
    property(list, (series) => {
      const bytes = written(series);
      expect([...readPostings({ bytes, from: 0, to: bytes.length }, LIMIT)]).toEqual([...series]);
    }),
  );
});

test("all series in a row take a few bytes, one here and there a byte or two each", () => {
  expect(written(allNumbers(1_000_000)).length).toBeLessThanOrEqual(4);
  expect(written(Uint32Array.from({ length: 1000 }, (_, i) => 60 * i)).length).toBeLessThanOrEqual(1000);
});

test("a number beyond the block's series is refused before anything is allocated for it", () => {
  const out = new ByteWriter();
  out.varint(1);
  out.varint(2 ** 50);
  const entry = { bytes: out.copy(), from: 0, to: out.length };
  expect(() => readPostings(entry, LIMIT)).toThrow(MalformedBytesError);
});

test("sets combine as plain sets do", () => {
  assertProperty(
    property(list, list, array(list, { minLength: 1, maxLength: 4 }), (a, b, more) => {
      const inB = new Set(b);
      expect([...intersect(a, b)]).toEqual([...a].filter((number) => inB.has(number)));
      expect([...subtract(a, b)]).toEqual([...a].filter((number) => !inB.has(number)));
      const all = new Set(more.flatMap((numbers) => [...numbers]));
      expect([...unite(more, LIMIT)]).toEqual([...all].toSorted((x, y) => x - y));
    }),
  );
});
