import { test } from "vitest";
import { bitsOf } from "../../src/model/index.ts";
import { decodeSamples } from "../../src/wire/samples.kernel.ts";
import { encodeSnappy } from "../../src/wire/index.ts";
import { inflateSnappy } from "../../src/wire/snappy.kernel.ts";

const ROWS = 10_000;
const SAMPLE_BYTES = 18;

// Samples as senders write them: 9 bytes of value, 7 of time.
const request = new Uint8Array(ROWS * SAMPLE_BYTES);
const view = new DataView(request.buffer);
for (let row = 0; row < ROWS; row++) {
  const at = row * SAMPLE_BYTES;
  request.set([0x12, SAMPLE_BYTES - 2, 0x09], at);
  view.setFloat64(at + 3, Math.floor(row / 3) / 8, true);
  request[at + 11] = 0x10;
  let time = 1.7e12 + row * 15_000;
  for (let i = 0; i < 6; i++) {
    request[at + 12 + i] = (time % 128) + (i < 5 ? 128 : 0);
    time = Math.floor(time / 128);
  }
}

const times = new Float64Array(ROWS);
const values = new Float64Array(ROWS);
const bits = bitsOf(values);
const cursor = new Int32Array(2);

test("10,000 samples of remote write", async ({ bench }) => {
  await bench("decodeSamples", () => {
    cursor.fill(0);
    decodeSamples(request, view, cursor, request.length, times, values, bits);
  }).run({ time: 500 });
});

const compressed = encodeSnappy(request);
const headerBytes = 3; // The declared length.
const inflated = new Uint8Array(request.length);

test(`snappy of ${request.length} bytes, ${compressed.length} compressed`, async ({ bench }) => {
  await bench("inflateSnappy", () => void inflateSnappy(compressed, headerBytes, inflated)).run({
    time: 500,
  });
});
