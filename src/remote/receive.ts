import { errorText, NarthexError, type Logger } from "../base/index.ts";
import { labelsText } from "../model/index.ts";
import type { Appendable, BatchOutcome } from "../storage/index.ts";
import { decodeRemoteWrite } from "../wire/index.ts";
import { messageOf, RemoteWriteTypeError, V1_MESSAGE } from "./content-type.ts";

// A full disk is looked at again this often.
const RETRY_AFTER_SECONDS = 10;

/** The parts of a request that the receiver looks at. */
export interface RemoteWriteRequest {
  readonly contentType: string; // "" when there is none.
  readonly contentEncoding: string; // "" when there is none.
  readonly body: Uint8Array;
}

/** What became of a request; `text` is for the sender. */
export type RemoteWriteResult =
  | { readonly kind: "stored" }
  /** Not remote write at all, or in a form that is not taken here. */
  | { readonly kind: "unsupported"; readonly text: string }
  /** The data are bad or were refused; sending them again does not help. */
  | { readonly kind: "refused"; readonly text: string }
  /** Nothing is taken now, since the disk is full or does not write; sending them again later helps (REL-3). */
  | { readonly kind: "unavailable"; readonly text: string; readonly retryAfterSeconds: number }
  /** Something failed here; sending them again may help. */
  | { readonly kind: "failed"; readonly text: string };

/** Counts since the start. */
export interface RemoteWriteCounters {
  readonly samplesStored: number;
  readonly invalidLabelsSeries: number; // Left out for their labels (RCV-6).
  readonly requestsRefused: number;
}

export interface RemoteWriteReceiver {
  receive(request: RemoteWriteRequest): Promise<RemoteWriteResult>;
  counters(): RemoteWriteCounters;
}

export interface ReceiverOptions {
  readonly appendable: Appendable;
  readonly decodedBytesMax: number; // RCV-4
  readonly logger: Logger;
}

/** Takes remote write 1.0 into a store. Source: spec §2 of remote, RCV-2 to RCV-16. */
export function createRemoteWriteReceiver(options: ReceiverOptions): RemoteWriteReceiver {
  const counters = { samplesStored: 0, invalidLabelsSeries: 0, requestsRefused: 0 };

  async function receive(request: RemoteWriteRequest): Promise<RemoteWriteResult> {
    checkForm(request);
    const { series, invalidSeries, metadata } = decodeRemoteWrite(request.body, {
      decodedBytesMax: options.decodedBytesMax,
    });
    counters.invalidLabelsSeries += invalidSeries;
    if (metadata.length > 0) options.appendable.putMetadata(metadata);
    if (series.length === 0) return { kind: "stored" };
    const outcome = await options.appendable.appendBatch(series, "all-or-nothing");
    // Of new series that the store does not take now only those are missing.
    counters.samplesStored += outcome.appended;
    if (outcome.refusals.length > 0) {
      counters.requestsRefused++;
      logRefusal(options.logger, outcome);
      return { kind: "refused", text: outcome.refusals[0]!.reason };
    }
    return { kind: "stored" };
  }

  return {
    receive: async (request) => {
      try {
        return await receive(request);
      } catch (error) {
        return failureOf(error, options.logger);
      }
    },
    counters: () => ({ ...counters }),
  };
}

// Source: RCV-2, RCV-3.
function checkForm({ contentType, contentEncoding }: RemoteWriteRequest): void {
  const message = messageOf(contentType);
  if (message !== V1_MESSAGE) {
    throw new RemoteWriteTypeError(
      `${message} protobuf message is not accepted by this server; only ${V1_MESSAGE} is`,
    );
  }
  if (contentEncoding !== "" && contentEncoding !== "snappy") {
    throw new RemoteWriteTypeError(
      `${contentEncoding} encoding (compression) is not accepted by this server; only snappy is acceptable`,
    );
  }
}

function failureOf(error: unknown, logger: Logger): RemoteWriteResult {
  const text = errorText(error);
  if (error instanceof RemoteWriteTypeError) return { kind: "unsupported", text };
  if (error instanceof NarthexError && error.errorType === "bad_data") return { kind: "refused", text };
  if (error instanceof NarthexError && error.errorType === "unavailable") {
    return { kind: "unavailable", text, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }
  logger.error("remote write failed", { err: text });
  return { kind: "failed", text };
}

function logRefusal(logger: Logger, { refusals }: BatchOutcome): void {
  const { labels, time, reason } = refusals[0]!;
  logger.warn("remote write refused", {
    err: reason,
    series: labelsText(labels),
    timestamp: time,
    refused: refusals.length,
  });
}
