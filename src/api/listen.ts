import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { NarthexError } from "../base/index.ts";
import type { ApiSettings } from "./dependencies.ts";

// Source: spec SEC-6.
const HEADERS_MS = 10_000;
const REQUEST_MS = 60_000;
const CHECK_MS = 2_000;
const HEADER_BYTES_MAX = 16 * 1024;
const GRACE_MS = 3_000; // For requests that run when the server stops.

const ADDRESS = /^(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/;
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "bind: address already in use",
  EADDRNOTAVAIL: "bind: cannot assign requested address",
  EACCES: "bind: permission denied",
  ENOTFOUND: "lookup: no such host",
};

/** An address that cannot be listened on. Source: spec CLI-4. */
class ListenError extends NarthexError {
  override readonly name = "ListenError";
  readonly errorType = "internal";
}

export interface Listeners {
  readonly addresses: readonly string[];
  /** Idempotent. */
  close(): Promise<void>;
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Listens on every address of the settings.
 * @throws ListenError; then none is open.
 */
export async function openListeners(settings: ApiSettings, handle: Handle): Promise<Listeners> {
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.splice(0).map(closeServer));
  };
  try {
    const addresses: string[] = [];
    for (const address of settings.listenAddresses) {
      const server = createHttpServer(settings, handle);
      addresses.push(await listenOn(server, address));
      servers.push(server);
    }
    return { addresses, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createHttpServer(settings: ApiSettings, handle: Handle): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      connectionsCheckingInterval: CHECK_MS,
      keepAliveTimeout: settings.readTimeoutMs,
      noDelay: true,
    },
    handle,
  );
  server.maxConnections = settings.maxConnections;
  // At the limit idle connections make room, so that health checks get through.
  server.on("drop", () => server.closeIdleConnections());
  return server;
}

async function listenOn(server: Server, address: string): Promise<string> {
  const parts = ADDRESS.exec(address);
  if (parts === null) {
    throw new ListenError(`Unable to start web listener: "${address}" is not <host>:<port>`);
  }
  const host = parts[1]!.replace(/^\[|\]$/g, "");
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ""] ?? error.message;
      reject(
        new ListenError(`Unable to start web listener: listen tcp ${address}: ${reason}`, { cause: error }),
      );
    });
    server.listen({ port: Number(parts[2]), ...(host === "" ? {} : { host }) }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return `${parts[1]}:${port}`;
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearTimeout(cut);
}
