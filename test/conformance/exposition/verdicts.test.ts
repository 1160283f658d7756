import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bodyFormat } from "../../../src/scrape/content-type.ts";
import { ExpositionParser } from "../../../src/scrape/parse/exposition-parser.ts";
import { decodeSeries } from "../../../src/scrape/parse/series-text.ts";
import { textEnd } from "../../../src/scrape/parse/skeleton.ts";
import { SkeletonInterner } from "../../../src/scrape/parse/skeleton-interner.ts";
import { FRESH, type ParsedBody } from "../../../src/scrape/parse/text-parser.ts";

/** A generated body and what Prometheus 3.5.3 made of it: the error, or series with value, or count and sum. */
type Verdict = readonly [
  contentType: string,
  base64: string,
  error: string,
  samples: readonly (readonly [string, string])[],
];

const VERDICTS = JSON.parse(
  readFileSync(join(import.meta.dirname, "verdicts.json"), "utf8"),
) as readonly Verdict[];

function samplesOf(body: ParsedBody): readonly (readonly [string, string])[] {
  const { skeleton } = body;
  const samples: [string, string][] = [];
  for (let slot = 0; slot < body.slotCount; slot++) {
    if (body.origins[slot]! < FRESH) continue; // The first of a series counts.
    const pairs = decodeSeries(
      skeleton.bytes,
      skeleton.textStarts[slot]!,
      textEnd(skeleton, slot),
      skeleton.types[slot]!,
    );
    const labels: [string, string][] = [];
    for (let i = 0; i < pairs.length; i += 2)
      if (pairs[i + 1] !== "") labels.push([pairs[i]!, pairs[i + 1]!]);
    const text = JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));
    if (samples.some(([known]) => known === text)) continue; // Written in another way.
    const histogram = body.histograms.get(slot);
    const value =
      histogram === undefined ? shown(body.values[slot]!) : `${histogram.count} ${shown(histogram.sum)}`;
    samples.push([text, value]);
  }
  return samples.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function shown(value: number): string {
  return Number.isFinite(value)
    ? String(value)
    : String(value).replace("Infinity", "Inf").replace(/^Inf/, "+Inf");
}

const cases = VERDICTS.map(([contentType, base64, error, samples], i) => ({
  name: `${i}: ${contentType}`,
  contentType,
  base64,
  error,
  samples,
}));

test.each(cases)("$name, as Prometheus has it", ({ contentType, base64, error, samples }) => {
  const bytes = Buffer.from(base64, "base64");
  const judged = bodyFormat(contentType, bytes, { fallback: undefined, strict: true });
  if (judged.kind === "error") throw new Error(judged.message);
  const parser = new ExpositionParser({
    interner: new SkeletonInterner(),
    hashSeed: 1,
    keepsExemplars: true,
    takesStarts: false,
  });
  const rules = { takesNative: true, keepsClassic: false, convertsClassic: false };
  const parsed = parser.parse({ bytes, format: judged.format }, undefined, rules);
  expect(parsed.error?.message ?? "").toBe(error);
  expect(parsed.error === undefined ? samplesOf(parsed) : []).toEqual(samples);
});
