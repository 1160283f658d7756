import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createHistogram,
  CUSTOM_BUCKETS_SCHEMA,
  labelsFromRecord,
  millis,
  STALE_HISTOGRAM,
  type Histogram,
} from "../../src/model/index.ts";
import { encodeSnappy, encodeWriteRequest, type ReceivedSeries } from "../../src/wire/index.ts";
import { getData, labelsKey } from "../support/api-client.ts";
import {
  eventually,
  NARTHEX,
  peerBinary,
  runToEnd,
  scratchFolder,
  startServer,
  type ServerProcess,
} from "../support/server-process.ts";

// A real Prometheus is fed hours of samples of all kinds, cuts blocks from some of them, deletes others, and is stopped.
// What its own API answered before must come out of Narthex after the import, byte for byte.

const PROMETHEUS = peerBinary("prometheus");
const PROMTOOL = peerBinary("promtool");
const STEP_MS = 15_000;
const HOURS = 5;
const LATE_WINDOW = "6h";
const RANGE = "12h";

const CONFIG = JSON.stringify({ storage: { tsdb: { out_of_order_time_window: LATE_WINDOW } } });
const PROMETHEUS_FLAGS = [
  "--web.enable-remote-write-receiver",
  "--web.enable-admin-api",
  "--enable-feature=native-histograms",
];

const staleValue = new Float64Array(new Uint32Array([2, 0x7ff00000]).buffer);
const ODD = [NaN, Infinity, -Infinity, -0, 0, 1e-310, 5e-324, Number.MAX_VALUE, Math.PI];

function floats(name: string, time: number, values: Float64Array): ReceivedSeries {
  const labels = labelsFromRecord({ __name__: name, job: "fed", label: 'ü "quoted"\n' });
  return { labels, times: Float64Array.of(time), values, histograms: [] };
}

function histograms(name: string, time: number, histogram: Histogram): ReceivedSeries {
  const labels = labelsFromRecord({ __name__: name, job: "fed" });
  return {
    labels,
    times: new Float64Array(0),
    values: new Float64Array(0),
    histograms: [{ time: millis(time), histogram }],
  };
}

/** One row of all kinds of series; layouts change now and then, counters are reset. */
function row(i: number, time: number): ReceivedSeries[] {
  const counts = [(i % 50) + 1, 2 * (i % 50), 3, 4 + Math.floor(i / 50)];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const positiveSpans = [
    { offset: i % 97 > 60 ? -2 : -3, length: 2 },
    { offset: i % 40 > 20 ? 3 : 2, length: 2 },
  ];
  const exponential = {
    schema: 3,
    zeroThreshold: i % 71 > 50 ? 2 ** -128 : 0.001,
    positiveSpans,
    negativeSpans: [{ offset: -5, length: 1 }],
  };
  return [
    floats("counter_total", time, Float64Array.of((i % 400) * 7)),
    floats("constant", time, Float64Array.of(42)),
    floats("odd", time, Float64Array.of(ODD[i % ODD.length]!)),
    floats("noise", time, Float64Array.of(Math.sin(i * i) * 10 ** (i % 30))),
    floats("stale", time, i % 7 === 3 ? staleValue : Float64Array.of(i)),
    floats("deleted", time, Float64Array.of(i)),
    histograms(
      "integer_histogram",
      time,
      i % 33 === 32
        ? STALE_HISTOGRAM
        : createHistogram({
            ...exponential,
            count: total + 9,
            zeroCount: 2,
            sum: i * 1.37,
            positiveBuckets: counts,
            negativeBuckets: [7],
          }),
    ),
    histograms(
      "float_histogram",
      time,
      i % 33 === 31
        ? STALE_HISTOGRAM
        : createHistogram({
            ...exponential,
            count: (total + 9) / 3,
            zeroCount: 2 / 3,
            sum: Math.sin(i),
            positiveBuckets: counts.map((count) => count / 3),
            negativeBuckets: [7 / 3],
          }),
    ),
    histograms(
      "custom_histogram",
      time,
      createHistogram({
        schema: CUSTOM_BUCKETS_SCHEMA,
        count: total,
        sum: i,
        positiveSpans: [{ offset: 0, length: 4 }],
        positiveBuckets: counts,
        customBounds: [-1.5, 0.005, 1, i > 600 ? 33.3333 : 1e10],
      }),
    ),
    histograms(
      "custom_float_histogram",
      time,
      createHistogram({
        schema: CUSTOM_BUCKETS_SCHEMA,
        count: total / 7,
        sum: -i,
        positiveSpans: [{ offset: 1, length: 4 }],
        positiveBuckets: counts.map((count) => count / 7),
        customBounds: [-1.5, 0.005, 1, 2, 3],
      }),
    ),
    histograms(
      "gauge_histogram",
      time,
      createHistogram({ resetHint: "gauge", count: total, sum: -i, positiveSpans, positiveBuckets: counts }),
    ),
    i % 20 < 10
      ? floats("mixed", time, Float64Array.of(i))
      : { ...histograms("mixed", time, createHistogram({ count: 0, sum: i })), labels: MIXED },
  ];
}

const MIXED = floats("mixed", 0, Float64Array.of(0)).labels;

async function send(base: string, series: readonly ReceivedSeries[]): Promise<void> {
  const response = await fetch(`${base}/api/v1/write`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
    body: encodeSnappy(encodeWriteRequest(series)),
  });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`write: ${response.status} ${text}`);
}

type Answers = Record<string, string>;

/** Raw samples of all series, by their labels. */
async function rawSamples(base: string, time: number): Promise<Answers> {
  const answers: Answers = {};
  for (const name of await getData<string[]>(base, "label/__name__/values")) {
    const { result } = await getData<{ result: { metric: Record<string, string> }[] }>(base, "query", {
      query: `{__name__="${name}"}[${RANGE}]`,
      time: String(time),
    });
    for (const { metric, ...samples } of result) answers[labelsKey(metric)] = JSON.stringify(samples);
  }
  return answers;
}

describe.skipIf(PROMETHEUS === undefined)("a Prometheus that was stopped", () => {
  let prometheus: ServerProcess;
  let before: Answers;
  const now = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  const rows = (HOURS * 3_600_000) / STEP_MS;

  beforeAll(async () => {
    prometheus = await startServer({
      command: [PROMETHEUS!],
      config: CONFIG,
      flags: PROMETHEUS_FLAGS,
    });
    for (let i = 0; i < rows; i++) {
      const time = now - (rows - i) * STEP_MS;
      const late = i % 9 === 8 ? [floats("late", time - 5000, Float64Array.of(i))] : [];
      const later = i % 9 === 4 ? [floats("late", time, Float64Array.of(i))] : [];
      await send(prometheus.base, [...row(i, time), ...later]);
      if (late.length > 0) await send(prometheus.base, late);
    }
    await eventually("blocks cut from the head", () => (blockNames().length > 0 ? true : undefined));
    for (const [from, to] of [
      [4.5, 4],
      [1, 0.5],
    ]) {
      const range = { start: String(now / 1000 - from! * 3600), end: String(now / 1000 - to! * 3600) };
      const query = new URLSearchParams({ "match[]": "deleted", ...range });
      const url = `${prometheus.base}/api/v1/admin/tsdb/delete_series?${query.toString()}`;
      expect((await fetch(url, { method: "POST" })).status).toBe(204);
    }
    before = await rawSamples(prometheus.base, now / 1000);
    await prometheus.stop();
  }, 120_000);
  afterAll(() => prometheus?.remove());

  const dataFolder = (): string => join(prometheus.folder, "data");
  const blockNames = (): string[] => readdirSync(dataFolder()).filter((name) => name.length === 26);

  test("gives Narthex all its samples, bit for bit", async () => {
    expect(Object.keys(before).length).toBe(13);
    const folder = scratchFolder();
    const imported = await runToEnd(NARTHEX, [
      "tsdb",
      "import-prometheus",
      dataFolder(),
      `--storage.tsdb.path=${join(folder, "data")}`,
    ]);
    expect(imported).toMatchObject({ code: 0, err: "" });
    const narthex = await startServer({ command: NARTHEX, config: "", folder });
    try {
      const after = await rawSamples(narthex.base, now / 1000);
      expect(Object.keys(after).toSorted()).toEqual(Object.keys(before).toSorted());
      for (const [key, samples] of Object.entries(before)) expect(after[key], key).toBe(samples);
      let samples = 0;
      for (const text of Object.values(before)) samples += text.split("],[").length;
      console.log(`${samples} samples of ${Object.keys(before).length} series, 0 differ`);
    } finally {
      await narthex.remove();
    }
  }, 60_000);

  test("leaves nothing behind when a block is damaged", async () => {
    const folder = scratchFolder();
    const copy = join(folder, "prometheus");
    execFileSync("cp", ["-r", dataFolder(), copy]);
    const chunks = join(copy, blockNames().toSorted().at(-1)!, "chunks", "000001");
    const bytes = Buffer.from(execFileSync("cat", [chunks]));
    bytes[200]! ^= 1;
    writeFileSync(chunks, bytes);
    const target = join(folder, "data");
    const imported = await runToEnd(NARTHEX, [
      "tsdb",
      "import-prometheus",
      copy,
      `--storage.tsdb.path=${target}`,
    ]);
    expect(imported.code).toBe(1);
    expect(imported.err).toContain(`${chunks} is damaged at byte`);
    expect(readdirSync(target)).toEqual(["blocks"]);
    expect(readdirSync(join(target, "blocks"))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf(PROMTOOL === undefined)("blocks made by promtool", () => {
  test("are dumped as promtool dumps them", async () => {
    const folder = scratchFolder();
    const lines = ["# TYPE demo counter"];
    for (let i = 0; i < 3; i++) {
      for (let k = 0; k < 400; k++)
        lines.push(`demo_total{i="${i}",job="x y"} ${k * (i + 1)} ${1_700_000_000 + k * 60}`);
    }
    lines.push("# TYPE g gauge");
    ODD.forEach((value, k) => {
      const text = Number.isNaN(value)
        ? "NaN"
        : Object.is(value, -0)
          ? "-0"
          : String(value).replace("Infinity", "Inf");
      lines.push(`g{a="\\"\\\\ü"} ${text} ${1_700_000_000 + k}.5`);
    });
    writeFileSync(join(folder, "in.om"), `${lines.join("\n")}\n# EOF\n`);
    const blocks = join(folder, "blocks");
    await runToEnd([PROMTOOL!], ["tsdb", "create-blocks-from", "openmetrics", join(folder, "in.om"), blocks]);
    execFileSync("mkdir", [join(blocks, "wal")]); // Which promtool looks for before it reads blocks.
    const data = join(folder, "data");
    const imported = await runToEnd(NARTHEX, [
      "tsdb",
      "import-prometheus",
      blocks,
      `--storage.tsdb.path=${data}`,
    ]);
    expect(imported).toMatchObject({ code: 0, err: "" });
    for (const command of [
      ["dump"],
      ["dump-openmetrics"],
      ["dump", "--match={i=~'1|2'}", "--min-time=1700000600000"],
    ]) {
      const theirs = await runToEnd([PROMTOOL!], ["tsdb", ...command, blocks]);
      const ours = await runToEnd(NARTHEX, ["tsdb", ...command, data]);
      expect(ours.code).toBe(0);
      expect(ours.out.split("\n").toSorted()).toEqual(theirs.out.split("\n").toSorted());
    }
    expect(existsSync(join(data, "head.db"))).toBe(false);
    const made = join(folder, "made");
    const text = await runToEnd(NARTHEX, [
      "tsdb",
      "create-blocks-from",
      "openmetrics",
      join(folder, "in.om"),
      made,
    ]);
    expect(text).toMatchObject({ code: 0, err: "" });
    expect((await runToEnd(NARTHEX, ["tsdb", "dump", made])).out).toBe(
      (await runToEnd(NARTHEX, ["tsdb", "dump", data])).out,
    );
    rmSync(folder, { recursive: true });
  }, 60_000);
});
