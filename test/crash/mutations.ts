import { copyFileSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { silentLogger, systemClock } from "../../src/base/index.ts";
import { labelsFromRecord, millis } from "../../src/model/index.ts";
import { createSeriesSamples, type SeriesBatch, type Store } from "../../src/storage/index.ts";
import { openStore } from "../../src/tsdb/index.ts";
import { seededRandom } from "./random.ts";
import { crashFolder } from "./store-campaign.ts";

// Damage of all kinds to the files of a whole store, which must start all the same and give nothing that is wrong.
// Specification row REL-5.

const START = 1_700_000_000_000;
const STEP_MS = 15_000;
const BLOCK_RANGE_MS = 600_000;
const PAGE_BYTES = 4096;

function valueAt(series: number, time: number): number {
  const round = (time - START) / STEP_MS;
  return series % 2 === 0 ? round * series : Math.imul(round + 1, series * 2654435761) / 1000;
}

function open(directory: string): Promise<Store> {
  return openStore({
    directory,
    clock: { ...systemClock, now: () => START + 3_600_000 },
    logger: silentLogger,
    retentionMs: 0,
    retentionBytes: 0,
    blockRangeMs: BLOCK_RANGE_MS,
    hasWorker: false,
  });
}

/** Makes a store with blocks and a log; what is there is `valueAt`. The files are left as a kill leaves them. */
export async function makeStore(directory: string, seriesCount: number, rounds: number): Promise<void> {
  const whole = `${directory}.whole`;
  const store = await open(whole);
  const labels = Array.from({ length: seriesCount }, (_, i) =>
    labelsFromRecord({ __name__: `metric_${i % 50}`, series: String(i), instance: `host-${i % 7}` }),
  );
  for (let round = 0; round < rounds; round++) {
    const time = START + round * STEP_MS;
    const batch = labels.map((set, series): SeriesBatch => ({
      labels: set,
      times: Float64Array.of(time),
      values: Float64Array.of(valueAt(series, time)),
      histograms: [],
    }));
    const { refusals } = await store.appendBatch(batch, "all-or-nothing");
    if (refusals.length > 0) throw new Error(`refused: ${JSON.stringify(refusals[0])}`);
    if (round === rounds - 5) await store.maintain();
  }
  cpSync(whole, directory, { recursive: true });
  await store.close();
  rmSync(whole, { recursive: true, force: true });
}

type Damage = (file: string, random: () => number, donor: string) => void;

function edit(file: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(file);
  writeFileSync(file, change(bytes) ?? bytes);
}

const pageAt = (bytes: Buffer, random: () => number): number =>
  Math.floor((random() * bytes.length) / PAGE_BYTES) * PAGE_BYTES;

const DAMAGES: Readonly<Record<string, Damage>> = {
  "flipped bit": (file, random) =>
    edit(file, (bytes) => {
      if (bytes.length > 0) bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      return undefined;
    }),
  "zeroed page": (file, random) =>
    edit(file, (bytes) => {
      const at = pageAt(bytes, random);
      bytes.subarray(at, at + PAGE_BYTES).fill(0);
      return undefined;
    }),
  "cut short": (file, random) =>
    edit(file, (bytes) => bytes.subarray(0, Math.floor(random() * bytes.length))),
  "swapped pages": (file, random) =>
    edit(file, (bytes) => {
      const [a, b] = [pageAt(bytes, random), pageAt(bytes, random)];
      const first = Buffer.from(bytes.subarray(a, a + PAGE_BYTES));
      const second = Buffer.from(bytes.subarray(b, b + PAGE_BYTES));
      if (first.length === second.length) {
        second.copy(bytes, a);
        first.copy(bytes, b);
      }
      return undefined;
    }),
  "repeated page": (file, random) =>
    edit(file, (bytes) => {
      bytes.copy(bytes, pageAt(bytes, random), pageAt(bytes, random), bytes.length);
      return undefined;
    }),
  noise: (file, random) =>
    edit(file, (bytes) => {
      const at = pageAt(bytes, random);
      for (let i = at; i < Math.min(bytes.length, at + 512); i++) bytes[i] = Math.floor(random() * 256);
      return undefined;
    }),
  "taken away": (file) => rmSync(file),
  // As of an older copy of the store that somebody put back by halves.
  "of an earlier time": (file, _random, donor) => {
    if (statSync(donor, { throwIfNoEntry: false }) !== undefined) copyFileSync(donor, file);
  },
};

export interface MutationFigures {
  readonly mutations: number;
  readonly startMsMax: number;
  readonly keptShare: number; // Of all samples, on average.
  readonly failures: string[];
}

export interface MutationOptions {
  readonly series: number;
  readonly rounds: number;
  readonly mutations: number;
  readonly seed: number;
}

/** Damages copies of a store, one to three times each, and compares what is left with what was written. */
export async function mutateStores({
  series,
  rounds,
  mutations,
  seed,
}: MutationOptions): Promise<MutationFigures> {
  const scratch = crashFolder();
  const failures: string[] = [];
  let startMsMax = 0;
  let kept = 0;
  try {
    const sound = join(scratch, "sound");
    const earlier = join(scratch, "earlier");
    await makeStore(sound, series, rounds);
    await makeStore(earlier, Math.ceil(series / 2), Math.ceil(rounds * 0.7));
    for (let mutation = 0; mutation < mutations; mutation++) {
      const directory = join(scratch, "damaged");
      cpSync(sound, directory, { recursive: true });
      const told = damage(directory, earlier, seededRandom(seed + mutation));
      const outcome = await checkDamaged(directory, series, rounds);
      failures.push(...outcome.failures.map((text) => `seed ${seed + mutation} (${told}): ${text}`));
      startMsMax = Math.max(startMsMax, outcome.startMs);
      kept += outcome.samples / (series * rounds);
      rmSync(directory, { recursive: true, force: true });
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return { mutations, startMsMax, keptShare: kept / mutations, failures };
}

function damage(directory: string, earlier: string, random: () => number): string {
  const told: string[] = [];
  const kinds = Object.keys(DAMAGES);
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.db(-wal|-shm)?$/.test(name),
    );
    if (files.length === 0) break;
    const name = files[Math.floor(random() * files.length)]!;
    const kind = kinds[Math.floor(random() * kinds.length)]!;
    DAMAGES[kind]!(join(directory, name), random, join(earlier, name));
    told.push(`${name} ${kind}`);
  }
  return told.join(", ");
}

async function checkDamaged(
  directory: string,
  seriesCount: number,
  rounds: number,
): Promise<{ readonly failures: string[]; readonly startMs: number; readonly samples: number }> {
  const failures: string[] = [];
  const note = (text: string): void => void (failures.length < 5 && failures.push(text));
  const started = performance.now();
  let store: Store;
  try {
    store = await open(directory);
  } catch (error) {
    return { failures: [`does not start: ${String((error as Error).stack)}`], startMs: 0, samples: 0 };
  }
  const startMs = performance.now() - started;
  let samples = 0;
  try {
    const selection = store.select({ matchers: [], from: millis(0), to: millis(2 * START) });
    const read = createSeriesSamples();
    for (let i = 0; i < selection.seriesCount; i++) {
      const labels = new Map(pairsOf(selection.labels(i)));
      const series = Number(labels.get("series"));
      const isKnown =
        labels.get("__name__") === `metric_${series % 50}` && labels.get("instance") === `host-${series % 7}`;
      if (!isKnown || labels.size !== 3 || !(series < seriesCount))
        note(`invented series ${JSON.stringify([...labels])}`);
      selection.read(i, read);
      samples += read.count;
      for (let k = 0; k < read.count; k++) {
        const time = read.times[k]!;
        const isTime = (time - START) % STEP_MS === 0 && time >= START && time < START + rounds * STEP_MS;
        if (!isTime || read.values[k] !== valueAt(series, time))
          note(`wrong: series ${series} has ${read.values[k]} at ${time}`);
      }
    }
    selection.close();
    await store.appendBatch(
      [
        {
          labels: labelsFromRecord({ __name__: "after" }),
          times: Float64Array.of(START + 3_600_000),
          values: Float64Array.of(1),
          histograms: [],
        },
      ],
      "all-or-nothing",
    );
  } catch (error) {
    note(`failed: ${String((error as Error).stack)}`);
  }
  await store.close();
  return { failures, startMs, samples };
}

function pairsOf(labels: readonly string[]): [string, string][] {
  return Array.from({ length: labels.length / 2 }, (_, i) => [labels[2 * i]!, labels[2 * i + 1]!]);
}
