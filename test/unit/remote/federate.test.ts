import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/base/index.ts";
import {
  createHistogram,
  CUSTOM_BUCKETS_SCHEMA,
  labelsFromRecord,
  type Matcher,
} from "../../../src/model/index.ts";
import { createFederation, type Federation } from "../../../src/remote/index.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { MemoryQueryable, type Point } from "../promql/memory-queryable.ts";
import { decodeDelimited } from "../wire/reference-proto.ts";

const NOW = 1_000_000;
const PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const EVERYTHING: Matcher[] = [{ kind: "=~", name: "__name__", value: ".*" }];

type Stored = readonly [labels: Record<string, string>, times: readonly number[], points: readonly Point[]];

class BrokenQueryable extends MemoryQueryable {
  override select(): never {
    throw new Error("disk on fire");
  }
}

function federation(stored: readonly Stored[], external: Record<string, string> = {}): Federation {
  const queryable = new MemoryQueryable();
  for (const [labels, times, points] of stored) queryable.add(labels, times, points);
  return createFederation({
    queryable,
    externalLabels: () => labelsFromRecord(external),
    lookbackMs: 300_000,
    clock: new FakeClock(NOW),
    logger: silentLogger,
  });
}

async function federate(
  one: Federation,
  matcherSets: readonly (readonly Matcher[])[] = [EVERYTHING],
  accept = "",
): Promise<Buffer> {
  const { chunks } = await one.federate({ matcherSets, accept, signal: new AbortController().signal });
  return Buffer.concat([...chunks]);
}

async function textOf(stored: readonly Stored[], external?: Record<string, string>): Promise<string> {
  return (await federate(federation(stored, external))).toString();
}

describe("federation gives", () => {
  test("the newest sample of each series, by name and then labels", async () => {
    const text = await textOf([
      [{ __name__: "up", instance: "b" }, [NOW - 2000, NOW - 1000], [0, 1]],
      [{ __name__: "up", instance: "a" }, [NOW], [2.5]],
      [{ __name__: "a", instance: "i" }, [NOW - 300_000], [-Infinity]],
    ]);
    expect(text).toBe(
      '# TYPE a untyped\na{instance="i"} -Inf 700000\n' +
        '# TYPE up untyped\nup{instance="a"} 2.5 1000000\nup{instance="b"} 1 999000\n',
    );
  });

  test("nothing of what is stale, too old or in the future, nor of series without a name", async () => {
    const text = await textOf([
      [{ __name__: "gone" }, [NOW - 2000, NOW - 1000], [1, "stale"]],
      [{ __name__: "old" }, [NOW - 300_001], [1]],
      [{ __name__: "future" }, [NOW + 1], [1]],
      [{ job: "nameless" }, [NOW], [1]],
    ]);
    expect(text).toBe("");
  });

  test("external labels and an empty instance to series that lack them, behind their own", async () => {
    const series: Stored = [{ __name__: "m", x: "1", zone: "own" }, [NOW], [1]];
    expect(await textOf([series], { zone: "z", cluster: "c" })).toBe(
      '# TYPE m untyped\nm{x="1",zone="own",cluster="c",instance=""} 1 1000000\n',
    );
    expect(await textOf([series], { instance: "fixed" })).toContain('{x="1",zone="own",instance="fixed"}');
  });

  test("values as other clients of the format write them", async () => {
    const values = [0, -0, NaN, 123456, 1234567, 1e-5, 0.1];
    const lines = await textOf(values.map((value, i): Stored => [{ __name__: `m${i}` }, [NOW], [value]]));
    expect([...lines.matchAll(/} (\S+) /g)].map((match) => match[1])).toEqual([
      "0",
      "0",
      "NaN",
      "123456",
      "1.234567e+06",
      "1e-05",
      "0.1",
    ]);
  });

  test("each series once, however many selectors find it", async () => {
    const one = federation([[{ __name__: "up" }, [NOW], [1]]]);
    expect((await federate(one, [EVERYTHING, EVERYTHING])).toString().match(/^up/gm)).toHaveLength(1);
  });

  test("nothing for no selector and for an empty one", async () => {
    const one = federation([[{ __name__: "up" }, [NOW], [1]]]);
    expect((await federate(one, [])).length).toBe(0);
    expect((await federate(one, [[]])).length).toBe(0);
  });

  test("names and values escaped as the client wants them", async () => {
    const one = federation([[{ __name__: "http.up", "a b": 'q"\\\n', instance: "i" }, [NOW], [1]]]);
    const value = '"q\\"\\\\\\n"';
    expect((await federate(one)).toString()).toBe(
      `# TYPE http_up untyped\nhttp_up{a_b=${value},instance="i"} 1 1000000\n`,
    );
    expect((await federate(one, [EVERYTHING], "text/plain;escaping=allow-utf-8")).toString()).toBe(
      `# TYPE "http.up" untyped\n{"http.up","a b"=${value},instance="i"} 1 1000000\n`,
    );
  });
});

const NATIVE = createHistogram({ schema: 1, count: 2, sum: 3, zeroThreshold: 0.5, zeroCount: 2 });
const CUSTOM = createHistogram({
  schema: CUSTOM_BUCKETS_SCHEMA,
  count: 6,
  sum: 4,
  positiveSpans: [
    { offset: 0, length: 1 },
    { offset: 1, length: 2 },
  ],
  positiveBuckets: [1, 2, 3],
  customBounds: [0.5, 1, 2.5],
});

describe("histograms", () => {
  const stored: readonly Stored[] = [
    [{ __name__: "h", instance: "a" }, [NOW], [NATIVE]],
    [{ __name__: "h", instance: "b" }, [NOW], [{ ...NATIVE, resetHint: "gauge" }]],
    [{ __name__: "h", instance: "c" }, [NOW], [7]],
    [{ __name__: "custom", instance: "d" }, [NOW], [CUSTOM]],
  ];

  test("with custom buckets become classic ones in text, others are left out", async () => {
    expect(await textOf(stored)).toBe(
      "# TYPE custom histogram\n" +
        'custom_bucket{instance="d",le="0.5"} 1 1000000\n' +
        'custom_bucket{instance="d",le="1"} 1 1000000\n' +
        'custom_bucket{instance="d",le="2.5"} 3 1000000\n' +
        'custom_bucket{instance="d",le="+Inf"} 6 1000000\n' +
        'custom_sum{instance="d"} 4 1000000\n' +
        'custom_count{instance="d"} 6 1000000\n' +
        '# TYPE h untyped\nh{instance="c"} 7 1000000\n',
    );
  });

  test("are all in protobuf, in a family for each type", async () => {
    const bytes = await federate(federation(stored), [EVERYTHING], PROTOBUF);
    const families = decodeDelimited("MetricFamily", bytes) as { name: string; type: number }[];
    expect(families.map(({ name, type }) => [name, type])).toEqual([
      ["custom", 4],
      ["h", 4],
      ["h", 5],
      ["h", 3],
    ]);
  });
});

test("failures are counted and passed on", async () => {
  const one = createFederation({
    queryable: new BrokenQueryable(),
    externalLabels: () => labelsFromRecord({}),
    lookbackMs: 1,
    clock: new FakeClock(NOW),
    logger: silentLogger,
  });
  await expect(federate(one)).rejects.toThrow("disk on fire");
  expect(one.errorCount()).toBe(1);
});
