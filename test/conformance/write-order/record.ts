import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { encodeSnappy, encodeWriteRequest } from "../../../src/wire/index.ts";
import { peerBinary, startServer } from "../../support/server-process.ts";
import { compareAnswers, ourAnswers, type Answers } from "./answers.ts";
import { NOW_OFFSET_MS, requestsOf, windowOf } from "./scenario.ts";

// Sends generated remote-write requests to a real Prometheus and compares what it says and keeps with ours:
//   node test/conformance/write-order/record.ts --from 0 --count 30 [--save]
// With --save the answers become recorded.json, which the test replays.

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "0" },
    count: { type: "string", default: "30" },
    save: { type: "boolean", default: false },
  },
});

/** What a real Prometheus says to the requests of a seed and keeps of them. */
async function referenceAnswers(seed: number): Promise<Answers> {
  const binary = peerBinary("prometheus");
  if (binary === undefined)
    throw new Error("no prometheus binary: set PEERS_BIN to the folder that holds one");
  const config = `storage: {tsdb: {out_of_order_time_window: ${windowOf(seed)}ms}}\n`;
  const server = await startServer({
    command: [binary],
    config,
    flags: ["--web.enable-remote-write-receiver", "--enable-feature=native-histograms"],
  });
  try {
    const start = Math.floor(Date.now() / 1000) * 1000 - NOW_OFFSET_MS;
    const refused: string[] = [];
    for (const request of requestsOf(seed, start)) {
      const response = await fetch(`${server.base}/api/v1/write`, {
        method: "POST",
        headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
        body: Buffer.from(encodeSnappy(encodeWriteRequest(request))),
      });
      const text = (await response.text()).trimEnd();
      if (response.status !== 204 && response.status !== 400) throw new Error(`${response.status} ${text}`);
      refused.push(
        response.status === 204 ? "" : text.replaceAll(/\b1\d{12}\b/g, (time) => `@${Number(time) - start}`),
      );
    }
    const form = new URLSearchParams({
      query: "m[6h]",
      time: String((start + NOW_OFFSET_MS + 900_000) / 1000),
    });
    const answer = (await (
      await fetch(`${server.base}/api/v1/query`, { method: "POST", body: form })
    ).json()) as {
      data: { result: ReferenceSeries[] };
    };
    return { refused, kept: Object.fromEntries(answer.data.result.map((series) => keptOf(series, start))) };
  } finally {
    await server.remove();
  }
}

interface ReferenceSeries {
  readonly metric: { readonly s: string };
  readonly values?: readonly [number, string][];
  readonly histograms?: readonly [number, { readonly count: string }][];
}

function keptOf(
  { metric, values = [], histograms = [] }: ReferenceSeries,
  start: number,
): [string, string[]] {
  const points = [
    ...values.map(([time, value]) => [time * 1000 - start, value] as const),
    ...histograms.map(([time, { count }]) => [time * 1000 - start, `histogram of ${count}`] as const),
  ];
  const sorted = points.toSorted((a, b) => a[0] - b[0]);
  return [metric.s, sorted.map(([time, text]) => `@${Math.round(time)} ${text}`)];
}

const recorded: Record<string, Answers> = {};
let differing = 0;
for (let seed = Number(values.from); seed < Number(values.from) + Number(values.count); seed++) {
  const theirs = await referenceAnswers(seed);
  recorded[seed] = theirs;
  const differences = compareAnswers(seed, theirs, await ourAnswers(seed));
  if (differences.length === 0) continue;
  differing++;
  console.log(`seed ${seed}, window ${windowOf(seed)} ms`);
  for (const difference of differences) console.log(`  ${difference}`);
}
console.log(`${differing} of ${values.count} scenarios differ`);
if (values.save)
  writeFileSync(new URL("recorded.json", import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
