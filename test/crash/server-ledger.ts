import {
  createHistogram,
  labelsFromRecord,
  labelValue,
  millis,
  sameHistogram,
} from "../../src/model/index.ts";
import type { Histogram, Labels } from "../../src/model/index.ts";
import { decodeWriteRequest, encodeSnappy, encodeWriteRequest, decodeSnappy } from "../../src/wire/index.ts";
import type { ReceivedSeries } from "../../src/wire/index.ts";
import { field, varint } from "../support/remote-write.ts";

// What was sent to a server, what it acknowledged, and whether it still says so.

const ANSWER_BYTES_MAX = 2 ** 30;
const HISTOGRAM = "histogram";

/** Bits of the float that a series has at a time: all patterns but NaNs, which the store tells apart by meaning. */
export function bitsAt(seed: number, series: string, time: number): bigint {
  let hash = 0xcbf29ce484222325n ^ BigInt(seed);
  for (const code of Buffer.from(`${series} ${time}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(code)) * 0x100000001b3n);
  }
  hash ^= hash >> 29n;
  const isShort = (hash & 3n) !== 0n;
  // Most values of the world are short numbers.
  if (isShort) return bitsOf(Number((hash >> 8n) & 0xffffn) / 10);
  return (hash & 0x7ff0000000000000n) === 0x7ff0000000000000n ? hash & 0x800fffffffffffffn : hash;
}

const cell = new DataView(new ArrayBuffer(8));

function bitsOf(value: number): bigint {
  cell.setFloat64(0, value);
  return cell.getBigUint64(0);
}

function floatAt(seed: number, series: string, time: number): number {
  cell.setBigUint64(0, bitsAt(seed, series, time));
  return cell.getFloat64(0);
}

function histogramAt(seed: number, series: string, time: number): Histogram {
  const hash = Number(bitsAt(seed, series, time) & 0xffffffn);
  const counts = [hash & 15, (hash >> 4) & 255, (hash >> 12) & 7];
  return createHistogram({
    schema: 2,
    count: counts[0]! + counts[1]! + counts[2]! + 1,
    sum: hash / 7,
    zeroThreshold: 0.5,
    zeroCount: 1,
    positiveSpans: [
      { offset: 1, length: 1 },
      { offset: hash & 3, length: 2 },
    ],
    positiveBuckets: counts,
  });
}

interface Deletion {
  readonly series: string;
  readonly from: number;
  readonly to: number;
  isAcknowledged: boolean;
}

/** Where a sample stands; its value follows. */
export interface LedgerSample {
  readonly series: string; // Its metric name.
  readonly time: number; // Millis.
}

type SampleState = "sent" | "acknowledged";

/** Samples of one folder's life, by series and time. Series are named by their metric name. */
export class Ledger {
  readonly #seed: number;
  readonly #samples = new Map<string, Map<number, SampleState>>();
  readonly #deletions: Deletion[] = [];
  acknowledged = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Sends samples in one request; resolves with the status, undefined when the server is gone. */
  async write(base: string, samples: readonly LedgerSample[]): Promise<number | undefined> {
    return (await this.send(base, samples))?.status;
  }

  /** The same, for those who look at the whole answer. */
  async send(base: string, samples: readonly LedgerSample[]): Promise<Response | undefined> {
    for (const { series, time } of samples) this.#note(series, time, "sent");
    const batch = samples.map(({ series, time }): ReceivedSeries => {
      const isHistogram = series.startsWith(HISTOGRAM);
      return {
        labels: labelsFromRecord({ __name__: series, job: "kill", shared: `s${series.length}` }),
        times: isHistogram ? new Float64Array(0) : Float64Array.of(time),
        values: isHistogram ? new Float64Array(0) : Float64Array.of(floatAt(this.#seed, series, time)),
        histograms: isHistogram
          ? [{ time: millis(time), histogram: histogramAt(this.#seed, series, time) }]
          : [],
      };
    });
    const response = await post(`${base}/api/v1/write`, encodeSnappy(encodeWriteRequest(batch)));
    if (response?.status === 204) {
      for (const { series, time } of samples) this.#note(series, time, "acknowledged");
    }
    return response;
  }

  #note(series: string, time: number, state: SampleState): void {
    let times = this.#samples.get(series);
    if (times === undefined) this.#samples.set(series, (times = new Map()));
    if (times.get(time) === "acknowledged") return;
    times.set(time, state);
    if (state === "acknowledged") this.acknowledged++;
  }

  /** Deletes a closed range of a series, in which nothing is on its way. */
  async delete(base: string, series: string, from: number, to: number): Promise<number | undefined> {
    const deletion: Deletion = { series, from, to, isAcknowledged: false };
    this.#deletions.push(deletion);
    const parameters = new URLSearchParams({
      "match[]": series,
      start: String(from / 1000),
      end: String(to / 1000),
    });
    const response = await post(`${base}/api/v1/admin/tsdb/delete_series?${parameters.toString()}`);
    if (response?.status === 204) deletion.isAcknowledged = true;
    return response?.status;
  }

  /** What a server's samples, read back, have to do with it; none when all is well. */
  complaints(found: readonly ReceivedSeries[]): string[] {
    const wrong: string[] = [];
    const names = new Set<string>();
    for (const series of found) {
      const name = nameOf(series.labels);
      if (names.has(name)) wrong.push(`${name} is there twice`);
      names.add(name);
      wrong.push(...this.#complaintsOf(name, series));
    }
    for (const [name, times] of this.#samples) {
      if (names.has(name)) continue;
      if (this.#lostOf(name, times, new Set()).length > 0) wrong.push(`lost: all of ${name}`);
    }
    return wrong.slice(0, 10);
  }

  #complaintsOf(name: string, found: ReceivedSeries): string[] {
    const wrong: string[] = [];
    const sent = this.#samples.get(name) ?? new Map<number, SampleState>();
    const there = new Set<number>();
    const bits = new BigUint64Array(found.values.buffer, found.values.byteOffset, found.values.length);
    for (let i = 0; i < found.times.length; i++) {
      const time = found.times[i]!;
      there.add(time);
      if (bits[i] !== bitsAt(this.#seed, name, time)) wrong.push(`changed: ${name} at ${time}`);
    }
    for (const { time, histogram } of found.histograms) {
      there.add(time);
      if (!sameHistogram(histogram, histogramAt(this.#seed, name, time)))
        wrong.push(`changed: ${name} at ${time}`);
    }
    if (there.size !== found.times.length + found.histograms.length)
      wrong.push(`twice the same time: ${name}`);
    for (const time of there) {
      if (!sent.has(time)) wrong.push(`invented: ${name} at ${time}`);
      else if (this.#isDeleted(name, time, true)) wrong.push(`deleted, but there: ${name} at ${time}`);
    }
    return [...wrong, ...this.#lostOf(name, sent, there).map((time) => `lost: ${name} at ${time}`)];
  }

  #lostOf(name: string, sent: ReadonlyMap<number, SampleState>, there: ReadonlySet<number>): number[] {
    return Array.from(sent)
      .filter(([time, state]) => state === "acknowledged" && !there.has(time))
      .map(([time]) => time)
      .filter((time) => !this.#isDeleted(name, time, false));
  }

  // A deletion that was asked for and not acknowledged may have happened or not.
  #isDeleted(series: string, time: number, surely: boolean): boolean {
    return this.#deletions.some(
      (deletion) =>
        deletion.series === series &&
        deletion.from <= time &&
        time <= deletion.to &&
        (deletion.isAcknowledged || !surely),
    );
  }
}

function nameOf(labels: Labels): string {
  return labelValue(labels, "__name__");
}

async function post(url: string, body?: Uint8Array<ArrayBuffer>): Promise<Response | undefined> {
  try {
    const headers = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
    const response = await fetch(url, {
      method: "POST",
      ...(body === undefined ? {} : { body, headers }),
    });
    await response.arrayBuffer();
    return response;
  } catch {
    return undefined; // The server was killed, which is what the test is about.
  }
}

/** All samples of the series whose name matches, as remote read gives them: bit for bit, staleness markers too. */
export async function readBack(base: string, nameRegex: string): Promise<ReceivedSeries[]> {
  const matcher = Buffer.concat([
    Buffer.from([1 << 3, 2]), // Type RE.
    field(2, Buffer.from("__name__")),
    field(3, Buffer.from(nameRegex)),
  ]);
  const query = Buffer.concat([
    Buffer.from([1 << 3]),
    varint(0),
    Buffer.from([2 << 3]),
    varint(2 ** 43),
    field(3, matcher),
  ]);
  const response = await fetch(`${base}/api/v1/read`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
    body: encodeSnappy(field(1, query)),
  });
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`remote read: ${Buffer.from(body).toString()}`);
  // A ReadResponse of one QueryResult, which has the series in the field that a WriteRequest has them in.
  const answer = decodeSnappy(body, ANSWER_BYTES_MAX);
  return decodeWriteRequest(answer.subarray(lengthOfPrefix(answer))).series;
}

// Bytes of the tag and length before the first field's content.
function lengthOfPrefix(bytes: Uint8Array): number {
  if (bytes.length === 0) return 0;
  let at = 1;
  while (bytes[at]! >= 0x80) at++;
  return at + 1;
}
