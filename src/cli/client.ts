import { NarthexError, type ErrorType } from "../base/index.ts";
import { PLAIN_HTTP_CLIENT } from "../config/index.ts";
import { HttpClient, parseWrittenUrl } from "../net/index.ts";

/** A server said no, or said something that is not the Prometheus API. */
export class ServerError extends NarthexError {
  override readonly name = "ServerError";
  readonly errorType: ErrorType = "execution";
}

export type Sample = readonly [time: number, value: string];

export interface HistogramJson {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [kind: number, lower: string, upper: string, count: string])[];
}

export interface SeriesJson {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Sample;
  readonly values?: readonly Sample[];
  readonly histogram?: readonly [time: number, histogram: HistogramJson];
  readonly histograms?: readonly (readonly [time: number, histogram: HistogramJson])[];
}

/** `data` of a query answer. */
export type QueryJson = (
  | { readonly resultType: "scalar" | "string"; readonly result: Sample }
  | { readonly resultType: "vector" | "matrix"; readonly result: readonly SeriesJson[] }
) & { readonly explain?: readonly ExplainJson[] };

/** What one part of a query did; parts come before those they are made of, which are one deeper. */
export interface ExplainJson {
  readonly expr: string;
  readonly depth: number;
  readonly series: number;
  readonly points: number;
  readonly samplesDecoded: number;
  readonly totalMs: number;
  readonly ownMs: number;
}

export interface Answer<Data> {
  readonly data: Data;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

const TIMEOUT_MS = 120_000;
const ANSWER_BYTES_MAX = 2 ** 30;

/**
 * Calls one endpoint of any Prometheus-compatible server.
 * @throws ServerError `bad_data: …` as the server words it; FetchError when it cannot be reached.
 */
export async function callApi<Data>(
  server: string,
  path: string,
  parameters: readonly (readonly [name: string, value: string])[],
): Promise<Answer<Data>> {
  const base = `${server.replace(/\/+$/, "")}/api/v1/${path}`;
  const form = new URLSearchParams(
    parameters.map(([name, value]): [string, string] => [name, value]),
  ).toString();
  // Queries may be longer than a URL; label values can only be had by GET (API-41).
  const get = path.startsWith("label/");
  const client = new HttpClient({ config: PLAIN_HTTP_CLIENT });
  try {
    const response = await client.fetch({
      url: parseWrittenUrl(get && form !== "" ? `${base}?${form}` : base),
      ...(get ? {} : { method: "POST" as const, body: Buffer.from(form) }),
      headers: {
        accept: "application/json",
        "accept-encoding": "gzip",
        ...(get ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      deadlineMs: TIMEOUT_MS,
      maxBodyBytes: ANSWER_BYTES_MAX,
    });
    return readAnswer(response.status, response.statusText, response.body.toString("utf8"));
  } finally {
    await client.close();
  }
}

interface Envelope<Data> {
  readonly status?: unknown;
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: Data;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

function readAnswer<Data>(status: number, statusText: string, text: string): Answer<Data> {
  let envelope: Envelope<Data>;
  try {
    envelope = JSON.parse(text);
  } catch (cause) {
    const start = text.slice(0, 200).trim();
    throw new ServerError(`HTTP ${status} ${statusText}, and the body is not JSON: ${start}`, { cause });
  }
  if (envelope.status !== "success" || envelope.data === undefined) {
    throw new ServerError(`${envelope.errorType ?? `HTTP ${status}`}: ${envelope.error ?? statusText}`);
  }
  return { data: envelope.data, warnings: envelope.warnings ?? [], infos: envelope.infos ?? [] };
}
