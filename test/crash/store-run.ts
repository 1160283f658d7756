import { spawn } from "node:child_process";
import { join } from "node:path";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { labelValue, METRIC_NAME, millis, sameHistogram, type Histogram } from "../../src/model/index.ts";
import { createSeriesSamples } from "../../src/storage/index.ts";
import { openStore } from "../../src/tsdb/index.ts";
import {
  BLOCK_RANGE_MS,
  crashHistogram,
  crashValue,
  HISTOGRAM_COUNT,
  SERIES_COUNT,
  STEP_MS,
  type NotedEvent,
} from "./store-values.ts";

// Runs the store's writer, and holds what a store gives back against what the writer said.

export interface WriterOptions {
  readonly directory: string;
  readonly start: number; // Millis; the first row is a step later.
  readonly rounds: number;
  readonly syncIntervalMs: number;
  readonly outOfOrderWindowMs: number; // 0: no late samples.
  readonly pauseMs: number; // After each round.
  readonly snapshotRound: number; // 0: never.
  readonly cleanRound: number; // 0: tombstones are never cleaned.
}

export interface WriterRun {
  readonly events: readonly NotedEvent[];
  readonly ended: number | NodeJS.Signals;
}

/** Runs the writer to its end, however that comes; `onEvent` may end it. */
export async function runWriter(
  options: WriterOptions,
  env: Readonly<Record<string, string>> = {},
  onEvent?: (count: number, kill: () => void) => void,
): Promise<WriterRun> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "store-writer.ts"), JSON.stringify(options)],
    {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    },
  );
  let text = "";
  let count = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString();
    for (const byte of chunk) if (byte === 0x0a) count++;
    onEvent?.(count, () => child.kill("SIGKILL"));
  });
  const ended = await new Promise<number | NodeJS.Signals>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? code ?? 1)),
  );
  const events = text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as NotedEvent);
  return { events, ended };
}

/** All samples of a store by metric name and time. */
export type Found = ReadonlyMap<string, ReadonlyMap<number, number | Histogram>>;

/** Opens a store, reads all of it and closes it. */
export async function readStore(directory: string): Promise<Found> {
  const store = await openStore({
    directory,
    clock: systemClock,
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    blockRangeMs: BLOCK_RANGE_MS,
    hasWorker: false, // A thread takes longer to start than all the rest.
  });
  const found = new Map<string, Map<number, number | Histogram>>();
  try {
    const selection = store.select({ matchers: [], from: millis(0), to: millis(2 ** 42) });
    const samples = createSeriesSamples();
    for (let i = 0; i < selection.seriesCount; i++) {
      selection.read(i, samples);
      const points = new Map<number, number | Histogram>();
      for (let k = 0; k < samples.count; k++) {
        points.set(samples.times[k]!, samples.histograms?.[k] ?? samples.values[k]!);
      }
      found.set(labelValue(selection.labels(i), METRIC_NAME), points);
    }
    selection.close();
  } finally {
    await store.close();
  }
  return found;
}

/** What a writer did, as far as a certain state must and may know of it. */
export interface Expectation {
  readonly kept: ReadonlySet<number>; // Times whose rows must be there.
  readonly sent: ReadonlyMap<number, number>; // Times whose rows may be there, with the age of the late sample (-1: none).
  readonly deleted: readonly DeletedRange[]; // Must be gone.
  readonly deleting: readonly DeletedRange[]; // May be gone.
}

interface DeletedRange {
  readonly series: number;
  readonly from: number;
  readonly to: number;
}

/** What follows from events. `isSure`: whether what was acknowledged by that event must have survived. */
export function expectationOf(
  events: readonly NotedEvent[],
  isSure: (event: NotedEvent) => boolean = () => true,
): Expectation {
  const kept = new Set<number>();
  const sent = new Map<number, number>();
  const deleted: DeletedRange[] = [];
  const deleting: DeletedRange[] = [];
  for (const event of events) {
    if (event.kind === "writing") sent.set(event.time, event.lateMs);
    if (event.kind === "written" && isSure(event)) kept.add(event.time);
    if (event.kind === "deleting") deleting.push(event);
    if (event.kind === "deleted" && isSure(event)) deleted.push(event);
  }
  return { kept, sent, deleted, deleting };
}

/** What is wrong with the samples of a store; none when all is well. */
export function complaints(found: Found, expectation: Expectation): string[] {
  const wrong: string[] = [];
  const note = (text: string): void => void (wrong.length < 10 && wrong.push(text));
  for (const [name, points] of found) {
    const series = Number(name.split("_")[1]);
    const times = name.startsWith("late") ? lateTimes(expectation.sent) : expectation.sent;
    for (const [time, value] of points) {
      if (!times.has(time)) note(`invented: ${name} at ${time}`);
      if (!isRight(name, series, time, value)) note(`changed: ${name} at ${time}: ${JSON.stringify(value)}`);
      if (name.startsWith("pushed") && covers(expectation.deleted, series, time))
        note(`deleted, but there: ${name} at ${time}`);
    }
  }
  for (const time of expectation.kept) {
    for (const name of NAMES) {
      if (name.startsWith("pushed") && covers(expectation.deleting, Number(name.slice(7)), time)) continue;
      if (found.get(name)?.has(time) !== true) note(`lost: ${name} at ${time}`);
    }
  }
  for (const time of expectation.kept) {
    const lateMs = expectation.sent.get(time)!;
    if (lateMs >= 0 && found.get("late_0")?.has(time - lateMs) !== true)
      note(`lost: late_0 at ${time - lateMs}, sent at ${time}`);
  }
  return wrong;
}

const NAMES: readonly string[] = [
  ...Array.from({ length: SERIES_COUNT }, (_, i) => [`pushed_${i}`, `scraped_${i}`]).flat(),
  ...Array.from({ length: HISTOGRAM_COUNT }, (_, i) => `histogram_${i}`),
];

function lateTimes(sent: ReadonlyMap<number, number>): ReadonlySet<number> {
  return new Set(Array.from(sent, ([time, lateMs]) => (lateMs < 0 ? NaN : time - lateMs)));
}

function isRight(name: string, series: number, time: number, value: number | Histogram): boolean {
  if (typeof value === "number") return !name.startsWith("histogram") && value === crashValue(series, time);
  return name.startsWith("histogram") && sameHistogram(value, crashHistogram(series, time));
}

function covers(ranges: readonly DeletedRange[], series: number, time: number): boolean {
  return ranges.some((range) => range.series === series && range.from <= time && time <= range.to);
}

/** Time of the last row that may be there, to go on from. */
export function lastSent(events: readonly NotedEvent[], start: number): number {
  let last = start;
  for (const event of events) if (event.kind === "writing") last = Math.max(last, event.time);
  return Math.ceil(last / STEP_MS) * STEP_MS;
}
