import { test } from "vitest";
import { decodeXorSamples } from "../../../src/import/prometheus/xor-chunk.kernel.ts";
import { decodeXor2Samples } from "../../../src/import/prometheus/xor2-chunk.kernel.ts";
import { bitsOf } from "../../../src/model/index.ts";
import { xor2Chunk, xorChunk, type BitSample } from "../../../test/support/chunk-writer.ts";

const ROWS = 120;
const value = new Float64Array(1);
const words = new BigUint64Array(value.buffer);

function samples(valueOf: (row: number) => number): BitSample[] {
  return Array.from({ length: ROWS }, (_, row) => {
    value[0] = valueOf(row);
    return { time: BigInt(1.7e12 + row * 15_000 + (row % 7 === 0 ? 1 : 0)), bits: words[0]! };
  });
}

const times = new Float64Array(ROWS);
const bits = bitsOf(new Float64Array(ROWS));

const SHAPES: readonly (readonly [string, BitSample[]])[] = [
  ["a counter", samples((row) => 1000 + row * 17)],
  ["a constant", samples(() => 42)],
  ["noise", samples((row) => Math.sin(row * row))],
];

// The kernels read up to 16 bytes behind the end.
function padded(chunk: Uint8Array): Uint8Array {
  const data = new Uint8Array(chunk.length + 16);
  data.set(chunk);
  return data;
}

for (const [name, list] of SHAPES) {
  const xor = padded(xorChunk(list));
  const xor2 = padded(xor2Chunk(list, 0));
  test(`${ROWS} samples of ${name}`, async ({ bench }) => {
    await bench("XOR", () => void decodeXorSamples(xor, 2, ROWS, times, bits, 0)).run({ time: 300 });
    await bench("XOR2", () => void decodeXor2Samples(xor2, 2, ROWS, times, bits, 0)).run({ time: 300 });
  });
}
