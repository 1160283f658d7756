import { pathToFileURL } from "node:url";
import { peerBinary, startServer, type ServerProcess } from "../../support/server-process.ts";
import type { Answer } from "./answer.ts";
import { WINDOW_MS } from "./dataset.ts";
import type { FuzzQuery } from "./generate.ts";
import type { Ask } from "./ours.ts";

const INSTRUMENTS = new URL("../../../../shared/conformance/", import.meta.url);
export const DATASET: string = new URL("golden/dataset.jsonl.gz", INSTRUMENTS).pathname;
const FLAGS: readonly string[] = [
  "--web.enable-remote-write-receiver",
  "--enable-feature=promql-experimental-functions,native-histograms",
  "--storage.tsdb.retention.time=30y",
];

interface Sender {
  readonly loadDataset: (
    base: string,
    series: unknown,
    options: { readonly windowMs: number },
  ) => Promise<{ readonly refused: readonly string[] }>;
}

/** A real Prometheus that holds the data set. @throws Error when it is not installed or refuses samples. */
export async function openReference(): Promise<{ ask: Ask; server: ServerProcess }> {
  const binary = peerBinary("prometheus");
  if (binary === undefined)
    throw new Error("no prometheus binary: set PEERS_BIN to the folder that holds one");
  const server = await startServer({ command: [binary], config: "", flags: FLAGS });
  try {
    const { loadDataset } = (await load("lib/remote-write.mjs")) as Sender;
    const { readDatasetFile } = (await load("lib/dataset-file.mjs")) as {
      readonly readDatasetFile: (path: string) => unknown;
    };
    const sent = await loadDataset(server.base, readDatasetFile(DATASET), { windowMs: WINDOW_MS });
    if (sent.refused.length > 0) throw new Error(`the reference refused data: ${sent.refused[0]}`);
  } catch (error) {
    await server.remove();
    throw error;
  }
  return { ask: (query) => askOver(server.base, query), server };
}

function load(path: string): Promise<unknown> {
  return import(pathToFileURL(new URL(path, INSTRUMENTS).pathname).href) as Promise<unknown>;
}

async function askOver(base: string, { text, startMs, endMs, stepMs }: FuzzQuery): Promise<Answer> {
  const form = new URLSearchParams({ query: text });
  if (stepMs === undefined) {
    form.set("time", seconds(startMs));
  } else {
    form.set("start", seconds(startMs));
    form.set("end", seconds(endMs));
    form.set("step", seconds(stepMs));
  }
  const path = stepMs === undefined ? "query" : "query_range";
  const response = await fetch(`${base}/api/v1/${path}`, { method: "POST", body: form });
  const body = await response.text();
  if (response.status >= 500 && response.status !== 503)
    throw new Error(`${response.status} ${body}: ${text}`);
  return JSON.parse(body) as Answer;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
