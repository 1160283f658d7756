import { isDeepStrictEqual, parseArgs } from "node:util";
import { decodeSeries } from "../../../src/scrape/parse/series-text.ts";
import { ExpositionParser, type ParseRules } from "../../../src/scrape/parse/exposition-parser.ts";
import type { ExpositionFormat, Skeleton } from "../../../src/scrape/parse/skeleton.ts";
import { textEnd } from "../../../src/scrape/parse/skeleton.ts";
import { SkeletonInterner } from "../../../src/scrape/parse/skeleton-interner.ts";
import { FRESH, type ParsedBody } from "../../../src/scrape/parse/text-parser.ts";
import { delimited, packed, zigzag } from "../../support/protobuf-body.ts";

// Changes bodies of every format at random places and parses them with and without the skeleton of another one:
//   node test/conformance/exposition/fuzz.ts --seconds 300 --seed 1
// Both have to agree, and nothing but a parse error may come of it.

/** A random whole number below `below`. */
export type Random = (below: number) => number;

function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    // Source: the mulberry32 generator.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) * 2 ** -32 * below);
  };
}

const TEXT = `# HELP a_total Some "help"\\n.
# TYPE a_total counter
a_total{x="1",y="ü\\n"} 1.5
a_total{x="2"} NaN 1700000000000
{"b.c","d e"="f"} -1e-7
# TYPE h histogram
h_bucket{le="0.5"} 1
h_bucket{le="+Inf"} 3
h_sum 2.5
h_count 3
`;
const OPEN_METRICS = `# HELP a Some "help"\\n.
# TYPE a counter
# UNIT b_seconds seconds
a_total{x="1",y="ü\\n"} 1.5 # {id="7"} 1 1700000000.5
a_created{x="1",y="ü\\n"} 1700000000.25
{"b.c","d e"="f"} -1e-7 1700000000
# TYPE h histogram
h_bucket{le="0.5"} 1 # {} 0.25
h_bucket{le="+Inf"} 3
h_sum 2.5
h_count 3
# EOF
`;
const PROTOBUF = delimited(
  [
    [1, "a_total"],
    [2, "help"],
    [3, 0n],
    [
      4,
      [
        [
          1,
          [
            [1, "x"],
            [2, "1"],
          ],
        ],
        [
          3,
          [
            [1, 1.5],
            [
              2,
              [
                [
                  1,
                  [
                    [1, "id"],
                    [2, "7"],
                  ],
                ],
                [2, 1],
                [3, [[1, 17n]]],
              ],
            ],
            [3, [[1, 5n]]],
          ],
        ],
      ],
    ],
  ],
  [
    [1, "s"],
    [3, 2n],
    [
      4,
      [
        [
          4,
          [
            [1, 3n],
            [2, 2.5],
            [
              3,
              [
                [1, 0.5],
                [2, 1],
              ],
            ],
          ],
        ],
        [6, 17n],
      ],
    ],
  ],
  [
    [1, "h"],
    [3, 4n],
    [
      4,
      [
        [
          7,
          [
            [1, 3n],
            [2, 2.5],
            [
              3,
              [
                [1, 1n],
                [2, 0.5],
              ],
            ],
          ],
        ],
      ],
    ],
  ],
  [
    [1, "n"],
    [3, 4n],
    [
      4,
      [
        [
          7,
          [
            [1, 3n],
            [2, 2.5],
            [5, zigzag(1)],
            [
              12,
              [
                [1, zigzag(-3)],
                [2, 2n],
              ],
            ],
            [13, packed([zigzag(1), zigzag(1)])],
          ],
        ],
      ],
    ],
  ],
);
const BODIES: Readonly<Record<ExpositionFormat, Buffer>> = {
  text: Buffer.from(TEXT),
  openmetrics: Buffer.from(OPEN_METRICS),
  protobuf: PROTOBUF,
};
const FORMATS: readonly ExpositionFormat[] = ["text", "openmetrics", "protobuf"];
const TOKENS = [
  "\n",
  " ",
  "\t",
  '"',
  "\\",
  "{",
  "}",
  ",",
  "=",
  "#",
  "# EOF\n",
  "le",
  "\0",
  "\xff",
  "1e999",
  "_created",
];

/** Parses changed bodies until `goesOn` says no; gives how many. @throws Error naming the body that went wrong. */
export function fuzzParsers(seed: number, goesOn: (count: number) => boolean): number {
  const random = randomOf(seed);
  const parser = new ExpositionParser({
    interner: new SkeletonInterner(),
    hashSeed: seed,
    keepsExemplars: true,
    takesStarts: true,
  });
  let count = 0;
  for (; goesOn(count); count++) {
    const format = FORMATS[random(FORMATS.length)]!;
    const rules: ParseRules = {
      takesNative: random(2) === 0,
      keepsClassic: random(2) === 0,
      convertsClassic: random(3) === 0,
    };
    const known = changed(BODIES[format], random(3), random);
    const body = changed(known, random(4), random);
    try {
      checkBody(parser, { known, body, format, rules });
    } catch (error) {
      const shown = `${format} ${JSON.stringify(rules)} ${known.toString("base64")} ${body.toString("base64")}`;
      throw new Error(`seed ${seed}, body ${count}: ${shown}`, { cause: error });
    }
  }
  return count;
}

interface Trial {
  readonly known: Buffer;
  readonly body: Buffer;
  readonly format: ExpositionFormat;
  readonly rules: ParseRules;
}

function checkBody(parser: ExpositionParser, { known, body, format, rules }: Trial): void {
  const before = parser.parse({ bytes: known, format }, undefined, rules);
  const hint = before.error === undefined ? before.skeleton : undefined;
  const alone = samplesOf(parser.parse({ bytes: body, format }, undefined, rules), undefined);
  const hinted = samplesOf(parser.parse({ bytes: body, format }, hint, rules), hint);
  if (!isDeepStrictEqual(hinted, alone)) {
    throw new Error(`with a hint ${JSON.stringify(hinted)}, without ${JSON.stringify(alone)}`);
  }
}

function samplesOf(body: ParsedBody, hint: Skeleton | undefined): unknown {
  const { skeleton, error } = body;
  const samples: unknown[] = [];
  for (let slot = 0; slot < body.slotCount; slot++) {
    const text = textAt(skeleton, slot);
    const origin = body.changed ? body.origins[slot]! : slot;
    if (hint !== undefined && origin >= 0 && textAt(hint, origin) !== text)
      throw new Error(`slot ${slot} is not ${origin}`);
    if (body.changed && origin < FRESH && textAt(skeleton, -2 - origin) !== text)
      throw new Error(`slot ${slot} repeats nothing`);
    // Types of known texts follow the hint.
    const labels = decodeSeries(skeleton.bytes, skeleton.textStarts[slot]!, textEnd(skeleton, slot), 0);
    const time = skeleton.timed[slot] === 1 ? body.times[slot] : undefined;
    samples.push([labels, body.histograms.get(slot) ?? String(body.values[slot]), time]);
  }
  return error === undefined ? { samples, exemplars: body.exemplars } : { samples, error: error.message };
}

function textAt(skeleton: Skeleton, slot: number): string {
  return Buffer.from(skeleton.bytes.subarray(skeleton.textStarts[slot], textEnd(skeleton, slot))).toString(
    "latin1",
  );
}

function changed(body: Buffer, times: number, random: Random): Buffer {
  let result = body;
  for (let i = 0; i < times; i++) {
    const at = random(result.length + 1);
    const head = result.subarray(0, at);
    switch (random(5)) {
      case 0:
        result = Buffer.concat([head, Buffer.from([random(256)]), result.subarray(at + 1)]);
        break;
      case 1:
        result = Buffer.concat([
          head,
          Buffer.from(TOKENS[random(TOKENS.length)]!, "latin1"),
          result.subarray(at),
        ]);
        break;
      case 2:
        result = Buffer.concat([head, result.subarray(at + 1 + random(8))]);
        break;
      case 3: {
        const from = random(result.length + 1);
        result = Buffer.concat([head, result.subarray(from, from + random(60)), result.subarray(at)]);
        break;
      }
      default:
        result = random(4) === 0 ? head : result;
    }
  }
  return result;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { seconds: { type: "string", default: "300" }, seed: { type: "string", default: "1" } },
  });
  const endMs = Date.now() + 1000 * Number(values.seconds);
  const count = fuzzParsers(Number(values.seed), () => Date.now() < endMs);
  process.stdout.write(`${count} bodies\n`);
}
