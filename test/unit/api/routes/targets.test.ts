import { describe, expect, test } from "vitest";
import { createRig, NOW_MS, type Answered } from "../rig.ts";
import type { ActiveTarget } from "../../../../src/api/index.ts";
import { labelsFromRecord } from "../../../../src/model/index.ts";

function target(scrapePool: string, changes: Partial<ActiveTarget> = {}): ActiveTarget {
  return {
    scrapePool,
    note: "",
    metadata: () => [],
    discoveredLabels: labelsFromRecord({ __address__: "127.0.0.1:9100", job: scrapePool }),
    labels: labelsFromRecord({ instance: "127.0.0.1:9100", job: scrapePool }),
    scrapeUrl: "http://127.0.0.1:9100/metrics",
    lastError: "",
    lastScrapeMs: NOW_MS - 500,
    lastScrapeDurationSeconds: 0.0025,
    health: "up",
    scrapeIntervalText: "15s",
    scrapeTimeoutText: "10s",
    ...changes,
  };
}

function dataOf({ text }: Answered): unknown {
  return (JSON.parse(text) as { data: unknown }).data;
}

const DROPPED = { discoveredLabels: { __address__: "d:1", drop: "yes" }, scrapePool: "web" };

describe("targets", () => {
  test("are shown by pool with all they have", async () => {
    const { get, answers } = await createRig();
    const fresh = { health: "unknown", lastScrapeMs: undefined, lastScrapeDurationSeconds: 0 } as const;
    answers.active = [target("web", { ...fresh, lastError: "a<b" }), target("api")];
    const data = dataOf(await get("/targets")) as { activeTargets: unknown[] };
    expect(data).toMatchObject({ droppedTargets: [DROPPED], droppedTargetCounts: { api: 0, web: 1 } });
    expect(data.activeTargets).toEqual([
      {
        discoveredLabels: { __address__: "127.0.0.1:9100", job: "api" },
        labels: { instance: "127.0.0.1:9100", job: "api" },
        scrapePool: "api",
        scrapeUrl: "http://127.0.0.1:9100/metrics",
        globalUrl: "http://mon.example:9100/metrics",
        lastError: "",
        lastScrape: "2023-11-14T22:13:19.5Z",
        lastScrapeDuration: 0.0025,
        health: "up",
        scrapeInterval: "15s",
        scrapeTimeout: "10s",
      },
      expect.objectContaining({
        scrapePool: "web",
        health: "unknown",
        lastError: "a<b",
        lastScrape: "0001-01-01T00:00:00Z",
      }),
    ]);
  });

  test.each([
    ["state=active", 2, 0, null],
    ["state=ACTIVE", 2, 0, null],
    ["state=dropped", 0, 1, { api: 0, web: 1 }],
    ["state=any", 2, 1, { api: 0, web: 1 }],
    ["state=bogus", 0, 0, null],
    ["scrapePool=api", 1, 0, { api: 0, web: 1 }],
  ])("with %s", async (parameters, active, dropped, counts) => {
    const { get, answers } = await createRig();
    answers.active = [target("web"), target("api")];
    const data = dataOf(await get(`/targets?${parameters}`)) as Record<string, unknown[]>;
    expect(data["activeTargets"]).toHaveLength(active);
    expect(data["droppedTargets"]).toHaveLength(dropped);
    expect(data["droppedTargetCounts"]).toEqual(counts);
  });

  test("have pools, sorted", async () => {
    const { get } = await createRig();
    expect(dataOf(await get("/scrape_pools"))).toEqual({ scrapePools: ["api", "web"] });
  });
});

const GAUGE = { metric: "m_celsius", type: "gauge", help: "How <warm>.", unit: "celsius" };
const COUNTER = { metric: "n_total", type: "counter", help: "", unit: "" };

describe("metadata of targets", () => {
  test("lists every family of every target that matches", async () => {
    const { get, answers } = await createRig();
    answers.active = [target("web"), target("api")];
    answers.metadata = [GAUGE, COUNTER];
    const instance = { instance: "127.0.0.1:9100", job: "api" };
    expect(dataOf(await get('/targets/metadata?match_target={job="api"}'))).toEqual([
      { target: instance, ...GAUGE },
      { target: instance, ...COUNTER },
    ]);
  });

  test("of one metric leaves its name out", async () => {
    const { get, answers } = await createRig();
    answers.active = [target("api")];
    answers.metadata = [GAUGE, COUNTER];
    const { metric: _name, ...rest } = GAUGE;
    expect(dataOf(await get("/targets/metadata?metric=m_celsius"))).toEqual([
      { target: { instance: "127.0.0.1:9100", job: "api" }, ...rest },
    ]);
  });

  test("stops before the target that would begin beyond the limit", async () => {
    const { get, answers } = await createRig();
    answers.active = [target("web"), target("api")];
    answers.metadata = [GAUGE, COUNTER];
    expect(dataOf(await get("/targets/metadata?limit=1"))).toHaveLength(2);
    expect(dataOf(await get("/targets/metadata?limit=0"))).toEqual([]);
    expect(dataOf(await get("/targets/metadata?limit=-1"))).toHaveLength(4);
  });
});

describe("metadata of metrics", () => {
  test("has each distinct entry once", async () => {
    const { get, answers } = await createRig();
    answers.active = [target("web"), target("api")];
    answers.metadata = [GAUGE, COUNTER, { ...COUNTER, help: "other" }];
    expect(dataOf(await get("/metadata"))).toEqual({
      m_celsius: [{ type: "gauge", unit: "celsius", help: "How <warm>." }],
      n_total: [
        { type: "counter", unit: "", help: "" },
        { type: "counter", unit: "", help: "other" },
      ],
    });
    expect(dataOf(await get("/metadata?limit_per_metric=1&metric=n_total"))).toEqual({
      n_total: [{ type: "counter", unit: "", help: "" }],
    });
    expect(Object.keys(dataOf(await get("/metadata?limit=1")) as object)).toEqual(["m_celsius"]);
    expect(dataOf(await get("/metadata?metric=nope"))).toEqual({});
    answers.sentMetadata = [
      { metric: "n_total", type: "counter", help: "sent", unit: "" },
      { metric: "sent", type: "gauge", help: "", unit: "s" },
    ];
    expect(dataOf(await get("/metadata?metric=sent"))).toEqual({
      sent: [{ type: "gauge", help: "", unit: "s" }],
    });
    const all = dataOf(await get("/metadata")) as Record<string, unknown[]>;
    expect(all["n_total"]!.at(-1)).toEqual({ type: "counter", help: "sent", unit: "" });
  });
});

test.each([
  ["/targets/metadata?limit=x", "limit must be a number"],
  ["/metadata?limit=x", "limit must be a number"],
  ["/metadata?limit_per_metric=1.5", "limit_per_metric must be a number"],
  [
    "/targets/metadata?match_target={bad",
    'invalid parameter "match_target": 1:5: parse error: unexpected end of input inside braces',
  ],
])("%s is refused", async (path, error) => {
  const { get } = await createRig();
  const answer = await get(path);
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.text)).toEqual({ status: "error", errorType: "bad_data", error });
});
