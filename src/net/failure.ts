import { NarthexError, errorText } from "../base/index.ts";
import { ExchangeError } from "./exchange.ts";
import type { WrittenUrl } from "./written-url.ts";

export type FetchFailureKind = "deadline" | "body-limit" | "aborted" | "transport" | "configuration";

/** A request that got no usable answer; the message has the form Go's HTTP client gives (SCR-21, SCR-22). */
export class FetchError extends NarthexError {
  override readonly name = "FetchError";
  readonly errorType = "execution";
  readonly kind: FetchFailureKind;
  constructor(kind: FetchFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Puts what went wrong on the wire into Prometheus's words. */
export function fetchError(method: string, url: WrittenUrl, thrown: unknown): FetchError {
  const prefix = `${titleCase(method)} "${url.text}": `;
  if (thrown instanceof ExchangeError) {
    const options = { cause: thrown.cause };
    switch (thrown.kind) {
      case "deadline":
        return new FetchError(
          "deadline",
          thrown.headersSeen ? "context deadline exceeded" : `${prefix}context deadline exceeded`,
          options,
        );
      case "body-limit":
        return new FetchError("body-limit", "body size limit exceeded", options);
      case "aborted":
        return new FetchError("aborted", `${prefix}context canceled`, options);
      case "transport":
        return new FetchError("transport", prefix + transportText(thrown.cause, url), options);
    }
  }
  return new FetchError("configuration", prefix + errorText(thrown), { cause: thrown });
}

const SYSTEM_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connect: connection refused",
  EHOSTUNREACH: "connect: no route to host",
  ENETUNREACH: "connect: network is unreachable",
  ETIMEDOUT: "i/o timeout",
  UND_ERR_CONNECT_TIMEOUT: "i/o timeout",
};

function transportText(cause: unknown, url: WrittenUrl): string {
  const error = innermost(cause);
  const code = error !== undefined && "code" in error ? String(error.code) : "";
  const address = error !== undefined && "address" in error ? String(error.address) : url.host;
  const dialed = address.includes(":") ? `[${address}]:${url.port}` : `${address}:${url.port}`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const reason = code === "ENOTFOUND" ? "no such host" : "temporary failure in name resolution";
    return `dial tcp: lookup ${url.host}: ${reason}`;
  }
  if (code in SYSTEM_TEXTS) return `dial tcp ${dialed}: ${SYSTEM_TEXTS[code]}`;
  if (code === "ECONNRESET") return "read: connection reset by peer";
  if (code === "UND_ERR_SOCKET") return "EOF";
  return error === undefined ? errorText(cause) : errorText(error);
}

// Connecting to a name with several addresses fails with an AggregateError that holds one error for each.
function innermost(cause: unknown): Error | undefined {
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return cause.errors[0];
  return cause instanceof Error ? cause : undefined;
}

function titleCase(method: string): string {
  return method[0]! + method.slice(1).toLowerCase();
}
