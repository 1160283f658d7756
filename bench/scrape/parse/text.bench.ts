import { test } from "vitest";
import { bitsOf } from "../../../src/model/index.ts";
import { readValue } from "../../../src/scrape/parse/number.kernel.ts";
import { SkeletonInterner } from "../../../src/scrape/parse/skeleton-interner.ts";
import { CURSOR_SIZE, matchSkeleton } from "../../../src/scrape/parse/text.kernel.ts";
import { TextParser } from "../../../src/scrape/parse/text-parser.ts";
import { bodiesOf, type Change } from "../series-bodies.ts";

const SERIES = 1000;
const BODIES = 30;

/** The plain twin: split into lines, look the text up in a Map, `Number` the rest. */
function splitAndMap(body: Buffer, known: Map<string, number>, values: Float64Array): void {
  for (const line of body.toString("latin1").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const at = line.lastIndexOf(" ");
    const text = line.slice(0, at);
    let column = known.get(text);
    if (column === undefined) known.set(text, (column = known.size));
    values[column] = Number(line.slice(at + 1));
  }
}

// One turn parses 30 bodies of 1,000 samples; divide by 30,000 for a sample.
for (const change of ["values", "every value", "churn"] satisfies Change[]) {
  const bodies = bodiesOf(SERIES, BODIES, change);
  test(`30 bodies of 1,000 samples, ${change} changed`, async ({ bench }) => {
    const parser = new TextParser({ interner: new SkeletonInterner(), hashSeed: 1 });
    let { skeleton } = parser.parse(bodies[0]!, undefined);
    await bench("skeleton", () => {
      for (const body of bodies) skeleton = parser.parse(body, skeleton).skeleton;
    }).run({ time: 300 });
    const known = new Map<string, number>();
    const values = new Float64Array(1_000_000);
    await bench("split and Map", () => {
      for (const body of bodies) splitAndMap(body, known, values);
    }).run({ time: 300 });
  });
}

test("30,000 samples through the kernels alone", async ({ bench }) => {
  const bodies = bodiesOf(SERIES, BODIES, "values");
  const parser = new TextParser({ interner: new SkeletonInterner(), hashSeed: 1 });
  const { skeleton } = parser.parse(bodies[0]!, undefined);
  const views = bodies.map((body) => new DataView(body.buffer, body.byteOffset, body.length));
  const values = new Float64Array(SERIES);
  const bits = bitsOf(values);
  const times = new Float64Array(SERIES);
  const cursor = new Int32Array(CURSOR_SIZE);
  await bench("matchSkeleton", () => {
    bodies.forEach((body, i) => {
      cursor.fill(0);
      const { bytes, view, gapEnds, timed, slotCount } = skeleton;
      matchSkeleton(
        body,
        views[i]!,
        body.length,
        bytes,
        view,
        gapEnds,
        timed,
        slotCount,
        values,
        bits,
        times,
        cursor,
      );
    });
  }).run({ time: 300 });
  const numbers = Array.from({ length: SERIES }, (_, i) => Buffer.from(`${(i * 7919) % 1e6}.${i % 100}\n`));
  await bench("readValue, 1,000 decimals", () => {
    for (const number of numbers) readValue(number, 0, number.length, values, bits, 0);
  }).run({ time: 300 });
  await bench("Number, 1,000 decimals", () => {
    numbers.forEach((number, i) => (values[i] = Number(number.toString("latin1"))));
  }).run({ time: 300 });
});
