import { createRequire } from "node:module";
import { test } from "vitest";
import { bitsOf, setAbsentAt } from "../../../src/model/index.ts";
import type * as Codec from "../../../src/tsdb/codec/index.ts";

// Past the test runner's module loader, whose getters would double the cost of calls between modules.
const { decodeColumn, encodeColumn, maxColumnBytes } = createRequire(import.meta.url)(
  "../../../src/tsdb/codec/index.ts",
) as typeof Codec;

const COLUMNS = 2000;

let state = 5;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

function bell(): number {
  return random() + random() + random() + random() + random() + random() - 3;
}

/** Next value of a column after `last`. */
const kinds: Readonly<Record<string, (last: number) => number>> = {
  zero: () => 0,
  constant: () => 12345.5,
  counter: (last) => (last === 0 ? Math.floor(random() * 1e9) : last) + Math.floor(random() * 50),
  "slow counter": (last) => (last === 0 ? 1e6 : last) + (random() < 0.1 ? 1 : 0),
  "gauge in pages": (last) => (last === 0 ? 2 ** 30 : last) + 4096 * Math.floor((random() - 0.5) * 100),
  "gauge with 3 decimals": () => Math.round(1000 * (20 + random() * 5)) / 1000,
  "milliseconds times 0.001": (last) => Math.round(last * 1000 + random() * 300) * 0.001,
  "bell of nanoseconds": () => Math.round(50_000 * Math.exp(bell() / 2)) / 1e9,
  "skewed counter": (last) => (last === 0 ? 1e6 : last) + Math.round(5000 * Math.exp(bell())),
  "full-precision float": () => random() * random(),
  "half absent": (last) => (random() < 0.5 ? NaN : last + 1),
};

function makeColumns(next: (last: number) => number, rows: number): Float64Array {
  const values = new Float64Array(COLUMNS * rows);
  const bits = bitsOf(values);
  for (let column = 0; column < COLUMNS; column++) {
    let last = 0;
    for (let row = column * rows; row < (column + 1) * rows; row++) {
      const value = next(last);
      if (Number.isNaN(value)) setAbsentAt(bits, row);
      else {
        last = value;
        values[row] = value;
      }
    }
  }
  return values;
}

// One turn is 2000 columns; the name says how many samples that is and what they take.
for (const rows of [32, 512]) {
  const out = new Uint8Array(COLUMNS * maxColumnBytes(rows));
  const back = new Float64Array(COLUMNS * rows);
  for (const [kind, next] of Object.entries(kinds)) {
    const values = makeColumns(next, rows);
    const encodeAll = (): number => {
      let at = 0;
      for (let column = 0; column < COLUMNS; column++) {
        at += encodeColumn(values, column * rows, rows, out, at);
      }
      return at;
    };
    const decodeAll = (): void => {
      let at = 0;
      for (let column = 0; column < COLUMNS; column++) {
        at += decodeColumn(out, at, rows, back, column * rows);
      }
    };
    const samples = COLUMNS * rows;
    test(`${kind}, ${rows} rows: ${samples} samples of ${(encodeAll() / samples).toFixed(3)} bytes`, async ({
      bench,
    }) => {
      await bench.compare(
        bench("encode", () => void encodeAll()),
        bench("decode", decodeAll),
        { time: 300 },
      );
    });
  }
}
