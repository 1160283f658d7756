import { array, assert as assertProperty, integer, property, record } from "fast-check";
import { expect, test } from "vitest";
import { bitsOf } from "../../../src/model/index.ts";
import { ProtoReader } from "../../../src/wire/proto-reader.ts";
import { decodeSamples } from "../../../src/wire/samples.kernel.ts";
import { encodeReference } from "./reference-proto.ts";

interface Decoded {
  readonly position: number;
  readonly times: number[];
  readonly bits: number[];
}

// The bytes of a series that holds samples only, as they stand in a request.
function sampleBytes(samples: object[]): Uint8Array {
  const request = new ProtoReader(encodeReference({ timeseries: [{ samples }] }));
  request.tag();
  request.enter();
  return request.bytes.slice(request.at, request.end);
}

function decodeFast(bytes: Uint8Array, rowsMax: number): Decoded {
  const values = new Float64Array(rowsMax);
  const times = new Float64Array(rowsMax);
  const cursor = new Int32Array(2);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  decodeSamples(bytes, view, cursor, bytes.length, times, values, bitsOf(values));
  const rows = cursor[1]!;
  return {
    position: cursor[0]!,
    times: Array.from(times.subarray(0, rows)),
    bits: Array.from(bitsOf(values).subarray(0, 2 * rows)),
  };
}

// The plain twin: field by field with the general reader.
function decodePlainly(bytes: Uint8Array): Decoded {
  const reader = new ProtoReader(bytes);
  const times: number[] = [];
  const bits: number[] = [];
  while (reader.hasMore) {
    reader.tag();
    const outerEnd = reader.enter();
    let time = 0;
    let words = [0, 0];
    while (reader.hasMore) {
      if (reader.tag() === 0x10) {
        time = reader.int64();
      } else {
        words = [reader.view.getUint32(reader.at, true), reader.view.getUint32(reader.at + 4, true)];
        reader.double();
      }
    }
    reader.leave(outerEnd);
    times.push(time);
    bits.push(...words);
  }
  return { position: bytes.length, times, bits };
}

test("usual samples come out as from the general reader", () => {
  const anySample = record({
    low: integer({ min: 0, max: 2 ** 32 - 1 }),
    high: integer({ min: 0, max: 2 ** 32 - 1 }),
    timestamp: integer({ min: 1, max: 2 ** 49 - 1 }),
  });
  const run = property(array(anySample, { maxLength: 20 }), (samples) => {
    const words = new Uint32Array(2);
    const withValues = samples.map(({ low, high, timestamp }) => {
      words.set([low, high]);
      return { value: new Float64Array(words.buffer)[0]!, timestamp };
    });
    const bytes = sampleBytes(withValues);
    expect(decodeFast(bytes, samples.length)).toEqual(decodePlainly(bytes));
  });
  assertProperty(run, { numRuns: 500 });
});

test("values of zero that were left out are zero", () => {
  const bytes = Uint8Array.from([0x12, 2, 0x10, 5, 0x12, 3, 0x10, 0x80, 1]);
  expect(decodeFast(bytes, 2)).toEqual({ position: 9, times: [5, 128], bits: [0, 0, 0, 0] });
});

test("stops in front of anything else", () => {
  const usual = [0x12, 2, 0x10, 5];
  const others: number[][] = [
    [0x0a, 2, 0x10, 5], // Another field.
    [0x12, 0], // An empty sample.
    [0x12, 1, 0x10], // A time without a value.
    [0x12, 2, 0x10, 0x80], // A time that goes on beyond the sample.
    [0x12, 4, 0x10, 5, 0x18, 1], // A field behind the time.
    [0x12, 11, 0x10, 5, 0x09, 0, 0, 0, 0, 0, 0, 0, 0], // The time first.
    [0x12, 11, 0x10, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], // A negative time.
    [0x12, 9, 0x09, 0, 0, 0, 0, 0, 0, 0, 0], // A value without a time.
    [0x12, 20, 0x10, 5], // A sample longer than what is there.
    [0x12, 0x80, 1, 0x10, 5], // A length of two bytes.
  ];
  for (const other of others) {
    const bytes = Uint8Array.from([...usual, ...other]);
    expect(decodeFast(bytes, 9)).toEqual({ position: 4, times: [5], bits: [0, 0] });
  }
});

test("stops when the columns are full", () => {
  const bytes = Uint8Array.from([0x12, 2, 0x10, 5, 0x12, 2, 0x10, 6]);
  expect(decodeFast(bytes, 1)).toEqual({ position: 4, times: [5], bits: [0, 0] });
});
