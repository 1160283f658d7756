import { buildConnector } from "undici";
import type { TlsSettings } from "./tls-material.ts";
import type { WrittenUrl } from "./written-url.ts";

/** Where to connect for a host and port that were asked for; lets tests and demos answer for names. */
export type Dial = (host: string, port: number) => { readonly host: string; readonly port: number };

export interface ConnectorOptions {
  readonly dial: Dial;
  readonly serverName: string; // "": the host's name.
  readonly tls: TlsSettings;
  readonly allowH2: boolean;
  readonly timeoutMs: number;
  readonly socketPath: string | undefined; // Dialed instead of any host.
}

/** A connector for one origin that dials the host as it was written. */
export function createConnector(url: WrittenUrl, options: ConnectorOptions): buildConnector.connector {
  const servername = options.serverName === "" ? url.host : options.serverName;
  const connect = buildConnector({
    timeout: options.timeoutMs,
    allowH2: options.allowH2,
    ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
    ...options.tls,
  });
  return (request, callback) => {
    const place = options.dial(url.host, url.port);
    connect(
      { ...request, hostname: place.host, host: place.host, port: String(place.port), servername },
      callback,
    );
  };
}
