import { describe, expect, test } from "vitest";
import { delimited, packed, zigzag, type Message } from "../../support/protobuf-body.ts";
import { withoutSynthetic, type WrittenRow } from "./fake-store.ts";
import { oneTarget, type Bench } from "./setup.ts";

const INTERVAL_MS = 10_000;
const CONTENT_TYPE =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/** Scrapes the bodies one after the other; gives their rows. */
async function scrape(bench: Bench, bodies: readonly Uint8Array[]): Promise<WrittenRow[]> {
  for (const body of bodies) {
    bench.answer({ body: Buffer.from(body), contentType: CONTENT_TYPE });
    await bench.clock.advance(INTERVAL_MS);
  }
  return bench.store.table.rows.map((row) => ({ ...row, cells: withoutSynthetic(row.cells) }));
}

const [COUNTER, GAUGE, SUMMARY, UNTYPED, HISTOGRAM, GAUGE_HISTOGRAM] = [0n, 1n, 2n, 3n, 4n, 5n];

function family(name: string, type: bigint, ...metrics: readonly Message[]): Message {
  return [
    [1, name],
    [2, `Help of "${name}".\n`],
    [3, type],
    ...metrics.map((metric) => [4, metric] as const),
  ];
}

function label(name: string, value: string): readonly [number, Message] {
  return [
    1,
    [
      [1, name],
      [2, value],
    ],
  ];
}

function bucket(bound: number, count: bigint, exemplar?: Message): readonly [number, Message] {
  return [3, [[1, count], [2, bound], ...(exemplar === undefined ? [] : [[3, exemplar] as const])]];
}

function exemplar(id: string, value: number, seconds?: bigint): Message {
  const time: Message =
    seconds === undefined
      ? []
      : [
          [
            3,
            [
              [1, seconds],
              [2, 500_000_000n],
            ],
          ],
        ];
  return [label("id", id), [2, value], ...time];
}

const SIMPLE = delimited(
  family("c_total", COUNTER, [
    label("x", 'a"\\\nü'),
    [
      3,
      [
        [1, 1.5],
        [2, exemplar("e", 1, 7n)],
      ],
    ],
  ]),
  family(
    "g",
    GAUGE,
    [
      [2, [[1, -2]]],
      [6, 12345n],
    ],
    [label("x", "y"), [2, [[1, NaN]]]],
  ),
  family("s", SUMMARY, [
    [
      4,
      [
        [1, 3n],
        [2, 4.5],
        [
          3,
          [
            [1, 0.5],
            [2, 2],
          ],
        ],
        [
          3,
          [
            [1, 0.99],
            [2, NaN],
          ],
        ],
      ],
    ],
  ]),
  family("u", UNTYPED, [[5, [[1, 7]]]]),
  family("empty", COUNTER),
  family("a.b", COUNTER, [label("c d", "1"), [3, [[1, 9]]]]),
  family("h", HISTOGRAM, [
    label("x", "y"),
    [7, [[1, 5n], [2, 1.25], bucket(0.5, 2n, exemplar("b", 0.25)), bucket(1, 3n)]],
  ]),
);

const SIMPLE_CELLS = {
  'c_total{x="a\\"\\\\\\nü"}': 1.5,
  "g @12345": -2,
  'g{x="y"}': NaN,
  s_count: 3,
  s_sum: 4.5,
  's{quantile="0.5"}': 2,
  's{quantile="0.99"}': NaN,
  u: 7,
  'a.b{"c d"="1"}': 9,
  'h_count{x="y"}': 5,
  'h_sum{x="y"}': 1.25,
  'h_bucket{le="0.5", x="y"}': 2,
  'h_bucket{le="1.0", x="y"}': 3,
  'h_bucket{le="+Inf", x="y"}': 5,
};

test("every type of metric becomes its series, with exemplars and metadata", async () => {
  const bench = oneTarget([], { keepsExemplars: true });
  const rows = await scrape(bench, [SIMPLE, SIMPLE]);
  for (const row of rows) {
    expect(row.cells).toEqual(SIMPLE_CELLS);
    expect(row.exemplars).toEqual([
      'c_total{x="a\\"\\\\\\nü"} {id="e"} 1 @7500',
      'h_bucket{le="0.5", x="y"} {id="b"} 0.25',
    ]);
  }
  expect(bench.store.table.rows.map(({ cells }) => cells["scrape_series_added"])).toEqual([14, 0]);
  const metadata = bench.manager.targets.metadata(bench.target().key);
  expect(metadata.map(({ metric, type }) => `${metric} ${type}`)).toEqual([
    "c_total counter",
    "g gauge",
    "s summary",
    "u unknown",
    "a.b counter",
    "h histogram",
  ]);
  expect(metadata[0]!.help).toBe('Help of "c_total".\n');
});

function gauges(value: number, ...names: readonly string[]): Buffer {
  return delimited(...names.map((name) => family(name, GAUGE, [[2, [[1, value]]]])));
}

test("series that go are marked, numbers alone change nothing else", async () => {
  const bench = oneTarget();
  const rows = await scrape(bench, [
    gauges(1, "a", "b", "c"),
    gauges(2, "a", "b", "c"),
    gauges(3, "c", "a"),
    gauges(4, "c"),
  ]);
  expect(rows.map(({ cells }) => cells)).toEqual([
    { a: 1, b: 1, c: 1 },
    { a: 2, b: 2, c: 2 },
    { a: 3, b: "stale", c: 3 },
    { a: "stale", c: 4 },
  ]);
});

const NATIVE: Message = [
  [1, 6n],
  [2, 18.4],
  bucket(1, 3n),
  [5, zigzag(1)],
  [6, 0.001],
  [7, 2n],
  [
    12,
    [
      [1, zigzag(0)],
      [2, 2n],
    ],
  ],
  [
    12,
    [
      [1, zigzag(1)],
      [2, 1n],
    ],
  ],
  [13, packed([zigzag(1), zigzag(1), zigzag(-1)])],
  [16, exemplar("n", 3, 9n)],
  [16, exemplar("without time", 3)],
];
const NATIVE_TEXT =
  "{count:6, sum:18.4, [-0.001,0.001]:2, (0.7071067811865475,1]:1, (1,1.414213562373095]:2, (2,2.82842712474619]:1}";

const FLOAT: Message = [
  [4, 2.5],
  [2, 1],
  [5, zigzag(0)],
  [
    9,
    [
      [1, zigzag(0)],
      [2, 1n],
    ],
  ],
  [11, 2.5],
];

describe("native histograms", () => {
  test("are not taken by default: their classic buckets are", async () => {
    const [row] = await scrape(oneTarget(), [delimited(family("h", HISTOGRAM, [[7, NATIVE]]))]);
    expect(row).toMatchObject({
      cells: { h_count: 6, h_sum: 18.4, 'h_bucket{le="1.0"}': 3, 'h_bucket{le="+Inf"}': 6 },
      histograms: {},
    });
  });

  test("integer and float ones are, with their exemplars that have times", async () => {
    const bench = oneTarget(["scrape_native_histograms: true"], { keepsExemplars: true });
    const body = delimited(
      family("h", HISTOGRAM, [[7, NATIVE]]),
      family("f", GAUGE_HISTOGRAM, [
        [7, FLOAT],
        [6, 5000n],
      ]),
    );
    const rows = await scrape(bench, [body, body]);
    for (const row of rows) {
      expect(row.cells).toEqual({});
      expect(row.histograms).toEqual({ h: NATIVE_TEXT, "f @5000": "{count:2.5, sum:1, [-1,-0.5):2.5}" });
      expect(row.exemplars).toEqual(['h {id="n"} 3 @9500']);
    }
  });

  test("classic buckets beside them where the job wants both", async () => {
    const bench = oneTarget(["scrape_native_histograms: true", "always_scrape_classic_histograms: true"]);
    const [row] = await scrape(bench, [delimited(family("h", HISTOGRAM, [[7, NATIVE]]))]);
    expect(row!.cells).toEqual({
      h_count: 6,
      h_sum: 18.4,
      'h_bucket{le="1.0"}': 3,
      'h_bucket{le="+Inf"}': 6,
    });
    expect(row!.histograms).toEqual({ h: NATIVE_TEXT });
  });

  test("of one body share nothing", async () => {
    const bench = oneTarget(["scrape_native_histograms: true"]);
    const body = delimited(family("h", HISTOGRAM, [[7, NATIVE]]), family("f", HISTOGRAM, [[7, FLOAT]]));
    const [row] = await scrape(bench, [body]);
    expect(row!.histograms).toEqual({ h: NATIVE_TEXT, f: "{count:2.5, sum:1, [-1,-0.5):2.5}" });
  });

  test("are marked when they go", async () => {
    const bench = oneTarget(["scrape_native_histograms: true"]);
    const body = delimited(family("h", HISTOGRAM, [[7, NATIVE]]));
    const rows = await scrape(bench, [body, delimited(family("g", GAUGE, [[2, [[1, 1]]]]))]);
    expect(rows[1]!.cells).toEqual({ h: "stale", g: 1 });
  });

  test("with too many buckets they lose resolution, and fail the scrape where that does not help", async () => {
    const body = delimited(family("h", HISTOGRAM, [[7, NATIVE]]));
    const coarse = oneTarget(["scrape_native_histograms: true", "native_histogram_bucket_limit: 2"]);
    const [row] = await scrape(coarse, [body]);
    expect(row!.histograms).toEqual({ h: "{count:6, sum:18.4, [-0.001,0.001]:2, (0.25,1]:1, (1,4]:3}" });
    const failing = oneTarget(["scrape_native_histograms: true", "native_histogram_bucket_limit: 1"]);
    const wide = delimited(
      family("h", HISTOGRAM, [
        [
          7,
          [
            [1, 2n],
            [2, 1],
            [5, zigzag(0)],
            [
              12,
              [
                [1, zigzag(-1000)],
                [2, 1n],
              ],
            ],
            [
              12,
              [
                [1, zigzag(2000)],
                [2, 1n],
              ],
            ],
            [13, packed([zigzag(1), zigzag(0)])],
          ],
        ],
      ]),
    );
    await scrape(failing, [wide]);
    expect(failing.target().lastError).toBe("histogram bucket limit exceeded");
  });

  test("native_histogram_min_bucket_factor bounds the resolution", async () => {
    const bench = oneTarget(["scrape_native_histograms: true", "native_histogram_min_bucket_factor: 1.5"]);
    const [row] = await scrape(bench, [delimited(family("h", HISTOGRAM, [[7, NATIVE]]))]);
    expect(row!.histograms["h"]).toContain("(2,4]:1");
  });

  test("whose spans do not fit their buckets fail the scrape", async () => {
    const bench = oneTarget(["scrape_native_histograms: true"]);
    await scrape(bench, [
      delimited(
        family("h", HISTOGRAM, [
          [
            7,
            [
              [1, 1n],
              [12, [[2, 3n]]],
              [13, packed([2n])],
            ],
          ],
        ]),
      ),
    ]);
    expect(bench.target().lastError).toMatch(/^histogram "h": positive side: /);
  });
});

const WRONG: readonly (readonly [string, Uint8Array, RegExp])[] = [
  [
    "cut off",
    SIMPLE.subarray(0, -1),
    /^insufficient length of buffer, expected at least \d+ bytes, got \d+ bytes$/,
  ],
  ["a family that ends too early", Buffer.from([2, 0x0a, 9]), /^proto: unexpected EOF/],
  [
    "a type that is none",
    delimited(family("x", 9n, [[2, [[1, 1]]]])),
    /^unknown metric type for metric "x": 9$/,
  ],
  [
    "no name",
    delimited([
      [3, GAUGE],
      [4, [[2, [[1, 1]]]]],
    ]),
    /^invalid metric name: ""$/,
  ],
  [
    "a label that is no UTF-8",
    delimited([
      [1, "x"],
      [
        4,
        [
          [
            1,
            [
              [1, "l"],
              [2, Buffer.from([0xff])],
            ],
          ],
        ],
      ],
    ]),
    /^invalid UTF-8 in name or label: "\\xff"$/,
  ],
  ["text", Buffer.from("a 1\nb 2\n"), /^(proto|insufficient length)/],
];

test.each(WRONG)("%s fails the scrape", async (_name, body, message) => {
  const bench = oneTarget();
  const good = delimited(family("ok", GAUGE, [[2, [[1, 1]]]]));
  const [, row] = await scrape(bench, [good, Buffer.concat([good, body])]);
  expect(bench.target().lastError).toMatch(message);
  expect(row!.cells).toEqual({});
});

test("start times become samples where that is on", async () => {
  const body = delimited(
    family("c_total", COUNTER, [
      [
        3,
        [
          [1, 1],
          [3, [[1, 5n]]],
        ],
      ],
    ]),
    family("h", HISTOGRAM, [
      [
        7,
        [
          [1, 1n],
          [2, 1],
          [
            15,
            [
              [1, 6n],
              [2, 7_000_000n],
            ],
          ],
        ],
      ],
    ]),
  );
  const [off] = await scrape(oneTarget(), [body]);
  expect(off!.starts).toEqual([]);
  const [on] = await scrape(oneTarget([], { takesStarts: true }), [body]);
  expect(on!.starts).toEqual(["c_total @5000", "h_count @6007", "h_sum @6007", 'h_bucket{le="+Inf"} @6007']);
});

const CLASSIC = `# TYPE h histogram
h_bucket{x="1",le="1"} 2
h_bucket{x="1",le="2.5"} 2
h_bucket{x="1",le="+Inf"} 7
h_sum{x="1"} 9.5
h_count{x="1"} 7
h_bucket{x="2",le="1"} 2
h_bucket{x="2",le="+Inf"} 1
h_sum{x="2"} 1
h_count{x="2"} 7
# TYPE g gauge
g 3
`;

describe("classic histograms made native", () => {
  test("in text: wrong ones are passed over", async () => {
    const bench = oneTarget(["convert_classic_histograms_to_nhcb: true"]);
    bench.answer(CLASSIC);
    await bench.clock.advance(INTERVAL_MS);
    bench.answer(CLASSIC.replace("} 9.5", "} 10.5"));
    await bench.clock.advance(INTERVAL_MS);
    const [first, second] = bench.store.table.rows;
    expect(withoutSynthetic(first!.cells)).toEqual({ g: 3 });
    expect(first!.histograms).toEqual({ 'h{x="1"}': "{count:7, sum:9.5, [-Inf,1]:2, (2.5,+Inf]:5}" });
    expect(second!.histograms).toEqual({ 'h{x="1"}': "{count:7, sum:10.5, [-Inf,1]:2, (2.5,+Inf]:5}" });
    expect(second!.cells).toMatchObject({ scrape_samples_scraped: 2, scrape_series_added: 0 });
    const metadata = bench.manager.targets.metadata(bench.target().key);
    expect(metadata.map(({ metric, type }) => `${metric} ${type}`)).toEqual(["h histogram", "g gauge"]);
  });

  test("with always_scrape_classic_histograms the classic series stay", async () => {
    const bench = oneTarget([
      "convert_classic_histograms_to_nhcb: true",
      "always_scrape_classic_histograms: true",
    ]);
    bench.answer(CLASSIC);
    await bench.clock.advance(INTERVAL_MS);
    const [row] = bench.store.table.rows;
    expect(Object.keys(withoutSynthetic(row!.cells))).toHaveLength(10);
    expect(Object.keys(row!.histograms)).toEqual(['h{x="1"}']);
  });

  test("in protobuf: a wrong one fails the scrape, a native one has precedence", async () => {
    const yaml = ["convert_classic_histograms_to_nhcb: true", "scrape_native_histograms: true"];
    const bench = oneTarget(yaml);
    const good: Message = [[1, 5n], [2, 1.25], bucket(0.5, 2n), bucket(1, 3n)];
    const bad: Message = [[1, 1n], [2, 1.25], bucket(0.5, 2n)];
    const [row] = await scrape(bench, [
      delimited(family("h", HISTOGRAM, [[7, good]]), family("n", HISTOGRAM, [[7, NATIVE]])),
    ]);
    expect(row!.cells).toEqual({});
    expect(row!.histograms).toEqual({
      h: "{count:5, sum:1.25, [-Inf,0.5]:2, (0.5,1]:1, (1,+Inf]:2}",
      n: NATIVE_TEXT,
    });
    await scrape(bench, [delimited(family("h", HISTOGRAM, [[7, bad]]))]);
    expect(bench.target().lastError).toMatch(/^can't convert classic histogram h: /);
  });

  test("a label of the target overrides the job", async () => {
    const bench = oneTarget([
      "relabel_configs: [{target_label: __convert_classic_histograms_to_nhcb__, replacement: 'true'}]",
    ]);
    bench.answer(CLASSIC);
    await bench.clock.advance(INTERVAL_MS);
    expect(Object.keys(bench.store.table.rows[0]!.histograms)).toEqual(['h{x="1"}']);
  });
});
