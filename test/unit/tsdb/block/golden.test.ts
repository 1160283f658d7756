import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openBlock } from "../../../../src/tsdb/block/index.ts";
import { answerOf, EVER, type PlainSample } from "./block-model.ts";

// The blocks were written by the versions that their names tell, from the same random source.
const golden = join(import.meta.dirname, "golden");
const SAMPLES = "372e4d08dbcc24e337f800d2e3db6d8bbc90557f01090e0d0f3b1a507a6b604e";

function textOf({ time, bits, histogram }: PlainSample): string {
  if (histogram === undefined) return `${time} ${bits}`;
  const { resetHint, schema, count, sum, zeroThreshold, zeroCount } = histogram;
  const spans = [...histogram.positiveSpans, ...histogram.negativeSpans];
  const numbers = [
    schema,
    count,
    sum,
    zeroThreshold,
    zeroCount,
    ...spans.flatMap(({ offset, length }) => [offset, length]),
    ...histogram.positiveBuckets,
    ...histogram.negativeBuckets,
    ...histogram.customBounds,
  ];
  return `${time} ${resetHint} ${numbers.join(" ")}`;
}

test.each(readdirSync(golden))("%s answers as it did when it was written", (file) => {
  const reader = openBlock(join(golden, file));
  const hash = createHash("sha256");
  for (const [key, samples] of answerOf(reader, [], EVER).samples) {
    hash.update(`${key}\n`);
    for (const sample of samples) hash.update(`${textOf(sample)}\n`);
  }
  reader.close();
  expect(hash.digest("hex")).toBe(SAMPLES);
});

test("there is a block of each format and level", () => {
  expect(readdirSync(golden)).toEqual(
    [1, 2].flatMap((format) => [1, 2].map((level) => `format-${format}-level-${level}.db`)),
  );
});
