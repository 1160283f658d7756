// Columns of every kind of bits, back to the last one. A longer run: SECONDS_EACH=300 SEED=7 vitest run <this file>.
import { expect, test } from "vitest";
import { decodeColumn, encodeColumn, maxColumnBytes } from "../../../../src/tsdb/codec/index.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const SECONDS = Number(process.env["SECONDS_EACH"] ?? 0);
const COLUMNS_MIN = 400;
const COLUMN_MAX = 1100;
const GUARD = 0xa5;

let state = SEED;
function random(): number {
  // Weyl sequence through a mixer: no short cycles in any bit.
  state = (state + 0x9e3779b9) >>> 0;
  let mixed = state ^ (state >>> 16);
  mixed = Math.imul(mixed, 0x21f0aaad);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x735a2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

function pick(below: number): number {
  return Math.floor(random() * below);
}

/** Puts value `row` of a column into `values`, seen as words through `bits`. */
type Writer = (values: Float64Array, bits: Uint32Array, row: number) => void;

function words(high: () => number, low: () => number): Writer {
  return (_, bits, row) => {
    bits[2 * row] = low();
    bits[2 * row + 1] = high();
  };
}

function numbers(next: (last: number) => number): Writer {
  return (values, _, row) => {
    const last = row === 0 ? 0 : values[row - 1]!;
    values[row] = next(Number.isFinite(last) ? last : 0);
  };
}

const word = (): number => pick(2 ** 32);
const sign = (): number => (random() < 0.5 ? 1 : -1);
const EDGES = [0, 1, 2 ** 31, 2 ** 32, 2 ** 50, 2 ** 51, 2 ** 52, 2 ** 53, 2 ** 54, 1e14, 1e22, 2 ** 1023];

const KINDS: Readonly<Record<string, Writer>> = {
  "random bits": words(word, word),
  "NaNs with payloads": words(() => (0x7ff00000 | word()) >>> 0, word),
  "infinities and zeros": words(
    () => [0x7ff00000, 0xfff00000, 0, 0x80000000][pick(4)]!,
    () => 0,
  ),
  "the markers and their likes": words(
    () => [0x7ff00000, 0x7ff80000, 0xfff80000][pick(3)]!,
    () => [0, 1, 2, 0x6e617274][pick(4)]!,
  ),
  subnormals: words(() => (random() < 0.5 ? 0 : 0x80000000) + pick(2 ** 20), word),
  "numbers around powers of two": numbers(() => sign() * (EDGES[pick(EDGES.length)]! + pick(7) - 3)),
  "integers of any size": numbers(() => sign() * Math.floor(2 ** (random() * 56))),
  "steps of any size": numbers((last) => last + sign() * Math.floor(2 ** (random() * 52))),
  "rare steps": numbers((last) =>
    random() < 0.03 ? last + sign() * Math.floor(2 ** (random() * 50)) : last,
  ),
  "a slow counter": numbers((last) => last + (random() < 0.1 ? 1 : 0)),
  "a skewed counter": numbers((last) => last + Math.floor(2 ** (random() * random() * 40))),
  "a bell": numbers(() => Math.round(1e6 + 3e5 * (random() + random() + random() + random() - 2))),
  "decimals of one scale": numbers(() => pick(1e9) / 1e6),
  "decimals of any scale": numbers(() => (sign() * pick(2 ** 32)) / 10 ** pick(16)),
  "products with 0.1, 0.01 …": numbers(() => pick(2 ** 40) * Number(`1e-${1 + pick(9)}`)),
  "microseconds divided twice": numbers((last) => Math.round(last * 1e6 + pick(1e6)) / 1000 / 1000),
  "pages of 4 KiB": numbers((last) => last + sign() * 4096 * pick(1000)),
  "full precision": numbers(() => random() * random() * 10 ** (pick(600) - 300)),
  "near each other in full precision": numbers(() => Math.PI + random() * 1e-9),
  "a constant": numbers((last) => (last === 0 ? Math.floor(random() * 2 ** 53) / 2 ** pick(60) : last)),
};
const writers = Object.values(KINDS);

/** A column of one kind, or of several in stretches or mixed. */
function makeColumn(writer: Writer, count: number): Float64Array {
  const values = new Float64Array(count);
  const bits = new Uint32Array(values.buffer);
  const mixture = pick(3);
  let current = writer;
  for (let row = 0; row < count; row++) {
    if (mixture === 1 && random() < 0.02) current = writers[pick(writers.length)]!;
    if (mixture === 2) current = random() < 0.05 ? writers[pick(writers.length)]! : writer;
    current(values, bits, row);
  }
  return values;
}

const out = new Uint8Array(maxColumnBytes(COLUMN_MAX) + 16);

/** What is wrong with the way of a column to bytes and back; undefined: nothing. */
function faultOf(column: Float64Array): string | undefined {
  const count = column.length;
  const at = pick(8);
  out.fill(GUARD);
  const used = encodeColumn(column, 0, count, out, at);
  if (used > maxColumnBytes(count)) return `${used} bytes for ${count} values`;
  for (let i = 0; i < at; i++) if (out[i] !== GUARD) return "wrote before its place";
  for (let i = at + maxColumnBytes(count); i < out.length; i++) if (out[i] !== GUARD) return "wrote too far";
  // Once with bytes behind, once without.
  for (const bytes of [out, out.slice(0, at + used)]) {
    const back = new Float64Array(count + 2).fill(7);
    const read = decodeColumn(bytes, at, count, back, 1);
    if (read !== used) return `read ${read} bytes of ${used}`;
    if (back[0] !== 7 || back[count + 1] !== 7) return "decoded beyond its place";
    const expected = new Uint32Array(column.buffer);
    const found = new Uint32Array(back.buffer);
    for (let i = 0; i < 2 * count; i++) {
      if (found[i + 2] !== expected[i])
        return `row ${i >> 1} differs in the column ${Array.from(expected).join()}`;
    }
  }
  return undefined;
}

test.each(Object.entries(KINDS))("columns of %s come back", (_, writer) => {
  const started = performance.now();
  for (let columns = 0; columns < COLUMNS_MIN || performance.now() - started < SECONDS * 1000; columns++) {
    const count = random() < 0.5 ? 1 + pick(70) : 1 + pick(COLUMN_MAX);
    expect(faultOf(makeColumn(writer, count))).toBe(undefined);
  }
});
