import { test } from "vitest";
import { ExpositionParser, type SentBody } from "../../../src/scrape/parse/exposition-parser.ts";
import { SkeletonInterner } from "../../../src/scrape/parse/skeleton-interner.ts";
import { delimited, packed, zigzag, type Message } from "../../../test/support/protobuf-body.ts";

const SERIES = 1000;
const FAMILIES = 50;
const RULES = { takesNative: true, keepsClassic: false, convertsClassic: false };

function labelsText(i: number): string {
  return `instance_id="host-${i}",zone="eu-${i % 7}",path="/some/path/${i % 100}"`;
}

function textBody(seed: number, rest: (i: number) => string): string {
  let body = "";
  for (let i = 0; i < SERIES; i++) {
    const family = Math.floor((i * FAMILIES) / SERIES);
    if (i % (SERIES / FAMILIES) === 0)
      body += `# HELP metric_${family}_total Number ${family}.\n# TYPE metric_${family}_total gauge\n`;
    body += `metric_${family}_total{${labelsText(i)}} ${i * seed}${rest(i)}\n`;
  }
  return body;
}

function protobufBody(seed: number): Buffer {
  const families: Message[] = [];
  for (let family = 0; family < FAMILIES; family++) {
    const metrics: Message[] = [];
    for (let i = (family * SERIES) / FAMILIES; i < ((family + 1) * SERIES) / FAMILIES; i++) {
      metrics.push([
        [
          1,
          [
            [1, "instance_id"],
            [2, `host-${i}`],
          ],
        ],
        [
          1,
          [
            [1, "zone"],
            [2, `eu-${i % 7}`],
          ],
        ],
        [
          1,
          [
            [1, "path"],
            [2, `/some/path/${i % 100}`],
          ],
        ],
        [2, [[1, i * seed]]],
      ]);
    }
    families.push([
      [1, `metric_${family}_total`],
      [2, `Number ${family}.`],
      [3, 1n],
      ...metrics.map((metric) => [4, metric] as const),
    ]);
  }
  return delimited(...families);
}

function nativeBody(seed: number): Buffer {
  const metrics: Message[] = [];
  for (let i = 0; i < SERIES; i++) {
    const deltas = Array.from({ length: 40 }, (_, bucket) => zigzag(bucket === 0 ? seed : 0));
    metrics.push([
      [
        1,
        [
          [1, "path"],
          [2, `/some/path/${i}`],
        ],
      ],
      [
        7,
        [
          [1, BigInt(40 * seed)],
          [2, 1.5],
          [5, zigzag(3)],
          [6, 1e-128],
          [
            12,
            [
              [1, zigzag(-8)],
              [2, 40n],
            ],
          ],
          [13, packed(deltas)],
        ],
      ],
    ]);
  }
  return delimited([[1, "latency_seconds"], [3, 4n], ...metrics.map((metric) => [4, metric] as const)]);
}

function bodies(make: (seed: number) => Uint8Array | string, format: SentBody["format"]): SentBody[] {
  return Array.from({ length: 10 }, (_, i) => {
    const body = make(i + 1);
    return { bytes: typeof body === "string" ? Buffer.from(body) : body, format };
  });
}

const CASES: readonly (readonly [string, readonly SentBody[]])[] = [
  ["text", bodies((seed) => textBody(seed, () => ""), "text")],
  ["OpenMetrics", bodies((seed) => `${textBody(seed, () => "")}# EOF\n`, "openmetrics")],
  [
    "OpenMetrics, an exemplar on every tenth sample",
    bodies(
      (seed) =>
        `${textBody(seed, (i) => (i % 10 === seed % 10 ? ` # {trace_id="${i * seed}"} 0.5 1700000000.5` : ""))}# EOF\n`,
      "openmetrics",
    ),
  ],
  ["protobuf", bodies(protobufBody, "protobuf")],
  ["protobuf, native histograms of 40 buckets", bodies(nativeBody, "protobuf")],
];

// One turn parses 10 bodies of 1,000 samples; divide by 10,000 for a sample.
for (const [name, sent] of CASES) {
  test(`${name}: 10 bodies of 1,000 samples`, async ({ bench }) => {
    const options = {
      interner: new SkeletonInterner(),
      hashSeed: 1,
      keepsExemplars: true,
      takesStarts: false,
    };
    const parser = new ExpositionParser(options);
    let { skeleton } = parser.parse(sent[0]!, undefined, RULES);
    await bench("repeated", () => {
      for (const body of sent) skeleton = parser.parse(body, skeleton, RULES).skeleton;
    }).run({ time: 300 });
    await bench("first", () => {
      for (const body of sent) parser.parse(body, undefined, RULES);
    }).run({ time: 300 });
  });
}
