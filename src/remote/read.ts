import { errorText, NarthexError, type Clock, type Logger } from "../base/index.ts";
import type { Labels } from "../model/index.ts";
import { createSeriesSamples, type Queryable, type SeriesSamples } from "../storage/index.ts";
import { decodeReadRequest, ReadResponseEncoder, type ReadQuery, type ReadRequest } from "../wire/index.ts";
import { withExternal, withoutExternal } from "./external-labels.ts";
import { Gate } from "./gate.ts";
import { Turn } from "./turn.ts";

/** What a remote read gets. */
export type RemoteReadResult =
  /** `body` is a ReadResponse, compressed with snappy. */
  | { readonly kind: "samples"; readonly body: Uint8Array }
  /** The request is bad or asks for too much. */
  | { readonly kind: "refused"; readonly text: string }
  | { readonly kind: "failed"; readonly text: string };

export interface RemoteReader {
  /** `signal` is aborted when the client goes away. */
  read(body: Uint8Array, signal: AbortSignal): Promise<RemoteReadResult>;
  /** Requests running and waiting. */
  load(): number;
}

export interface RemoteReaderOptions {
  readonly queryable: Queryable;
  /** The configured external labels, asked for at each request. */
  readonly externalLabels: () => Labels;
  readonly samplesMax: number; // Of one query; 0: no limit.
  readonly concurrencyMax: number; // 0: no limit.
  readonly decodedBytesMax: number; // RR-1
  readonly clock: Clock;
  readonly logger: Logger;
}

const QUERIES_MAX = 1000; // Prometheus sends one.

/** A request that asks for more than it may. */
class RemoteReadError extends NarthexError {
  override readonly name = "RemoteReadError";
  readonly errorType = "bad_data";
}

/** Answers remote reads from a store, in the form of samples. Source: spec RR-1 to RR-7. */
export function createRemoteReader(options: RemoteReaderOptions): RemoteReader {
  const gate = new Gate(options.concurrencyMax);
  return {
    read: async (body, signal) => {
      try {
        return await gate.run(() => answer(options, body, signal));
      } catch (error) {
        if (error instanceof NarthexError && error.errorType === "bad_data") {
          return { kind: "refused", text: error.message };
        }
        const text = errorText(error);
        if (signal.aborted) return { kind: "failed", text };
        options.logger.error("remote read failed", { err: text });
        return { kind: "failed", text };
      }
    },
    load: () => gate.load,
  };
}

async function answer(
  options: RemoteReaderOptions,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<RemoteReadResult> {
  const request = decodeReadRequest(body, {
    decodedBytesMax: options.decodedBytesMax,
    queriesMax: QUERIES_MAX,
  });
  checkResponseType(request);
  const external = options.externalLabels();
  const encoder = new ReadResponseEncoder();
  const turn = new Turn(options.clock, signal);
  for (const query of request.queries) {
    await readInto(encoder, query, { options, external, turn });
    encoder.endResult();
  }
  return { kind: "samples", body: encoder.finish() };
}

// The first form in the client's list that we have; an empty list means samples (RR-3).
function checkResponseType({ acceptedTypes }: ReadRequest): void {
  if (acceptedTypes.length === 0 || acceptedTypes.includes("SAMPLES")) return;
  throw new RemoteReadError(
    `server does not support any of the requested response types: ${acceptedTypes.join(", ")}; supported: SAMPLES`,
  );
}

interface ReadContext {
  readonly options: RemoteReaderOptions;
  readonly external: Labels;
  readonly turn: Turn;
}

async function readInto(encoder: ReadResponseEncoder, query: ReadQuery, context: ReadContext): Promise<void> {
  const { options, external, turn } = context;
  // No matchers select nothing, as in Prometheus.
  if (query.matchers.length === 0 || query.from > query.to) return;
  const { from, to } = query;
  const matchers = withoutExternal(query.matchers, external);
  const selection = options.queryable.select({ matchers, from, to });
  const samples: SeriesSamples = createSeriesSamples();
  let sampleCount = 0;
  try {
    for (let index = 0; index < selection.seriesCount; index++) {
      if (turn.isOver) await turn.pass();
      selection.read(index, samples);
      if (samples.count === 0) continue;
      sampleCount += samples.count;
      if (options.samplesMax > 0 && sampleCount > options.samplesMax) {
        throw new RemoteReadError(`exceeded sample limit (${options.samplesMax})`);
      }
      encoder.series(withExternal(selection.labels(index), external), samples);
    }
  } finally {
    selection.close();
  }
}
