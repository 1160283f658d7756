import { expect, test } from "vitest";
import { createRig, type Answered } from "../rig.ts";

function dataOf({ text }: Answered): unknown {
  return (JSON.parse(text) as { data: unknown }).data;
}

test("the configuration is shown as YAML", async () => {
  const { get } = await createRig();
  expect(dataOf(await get("/status/config"))).toEqual({ yaml: "global:\n  scrape_interval: 15s\n" });
});

test("flags are shown by name", async () => {
  const { get } = await createRig();
  expect(dataOf(await get("/status/flags"))).toEqual({
    "web.enable-admin-api": "false",
    "storage.tsdb.path": "data/",
  });
});

test("the build info has strings only and no list of features", async () => {
  const { get } = await createRig();
  const info = {
    version: "3.14.0+narthex.0.1.0",
    revision: "r",
    branch: "b",
    buildUser: "u",
    buildDate: "d",
    goVersion: "v24",
  };
  expect(dataOf(await get("/status/buildinfo"))).toEqual(info);
  const bare = await get("//version");
  expect(JSON.parse(bare.text)).toEqual(info);
  expect(bare.headers["content-type"]).toBe("text/plain; charset=utf-8");
});

test("the runtime info has every field that clients read", async () => {
  const { get } = await createRig();
  expect(dataOf(await get("/status/runtimeinfo"))).toEqual({
    startTime: "2023-11-14T22:13:15Z",
    CWD: "/srv",
    hostname: "h",
    serverTime: "2023-11-14T22:13:20Z",
    reloadConfigSuccess: true,
    lastConfigTime: "2023-11-14T22:13:19Z",
    corruptionCount: 0,
    goroutineCount: expect.any(Number),
    GOMAXPROCS: expect.any(Number),
    GOMEMLIMIT: expect.any(Number),
    GOGC: "",
    GODEBUG: "",
    storageRetention: "15d",
  });
});

test("the store's status has counts of the head and the lists", async () => {
  const { get } = await createRig();
  const job = [{ name: "job", value: 2 }];
  expect(dataOf(await get("/status/tsdb?limit=5"))).toEqual({
    headStats: { numSeries: 3, numLabelPairs: 5, chunkCount: 7, minTime: 1000, maxTime: 2000 },
    seriesCountByMetricName: [{ name: "up", value: 2 }],
    labelValueCountByLabelName: job,
    memoryInBytesByLabelName: job,
    seriesCountByLabelValuePair: [{ name: "job=<a>", value: 2 }],
  });
});

test("an empty head has the extremes of int64 as its times", async () => {
  const { get, answers } = await createRig();
  answers.stats = { ...answers.stats, headMinTime: 2 ** 63 - 1, headMaxTime: -(2 ** 63) };
  expect((await get("/status/tsdb")).text).toContain(
    '"minTime":9223372036854775807,"maxTime":-9223372036854775808',
  );
});

test.each([
  ["0", "limit must be a positive number"],
  ["x", "limit must be a positive number"],
  ["10001", "limit must not exceed 10000"],
])("a list length of %s is refused", async (limit, error) => {
  const { get } = await createRig();
  const { status, text } = await get(`/status/tsdb?limit=${limit}`);
  expect(status).toBe(400);
  expect(JSON.parse(text)).toEqual({ status: "error", errorType: "bad_data", error });
});

test("the replay is told as far as it is, nothing where there is none", async () => {
  const { get } = await createRig();
  expect(dataOf(await get("/status/walreplay"))).toEqual({ min: 0, max: 0, current: 0 });
  const { get: ask } = await createRig({ replay: () => ({ done: 7, total: 12 }) });
  expect(dataOf(await ask("/status/walreplay"))).toEqual({ min: 0, max: 12, current: 7 });
});

test("features are sorted and not escaped for HTML", async () => {
  const { get } = await createRig();
  const { text } = await get("/features");
  expect(text).toBe('{"status":"success","data":{"api":{"a":true,"b":false},"zoo":{"x<":true}}}');
});

test("blocks are shown as Prometheus describes its own", async () => {
  const { get } = await createRig();
  const ulid = "000006VQ800000000000000011";
  expect(dataOf(await get("/status/tsdb/blocks"))).toEqual({
    blocks: [
      {
        ulid,
        minTime: 0,
        maxTime: 7_200_000,
        stats: { numSamples: 12, numFloatSamples: 10, numHistogramSamples: 2, numSeries: 3, numChunks: 3 },
        compaction: { level: 2, sources: [ulid] },
        version: 1,
      },
    ],
  });
});
