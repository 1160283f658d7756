import { readFile } from "node:fs/promises";
import { buildConnector } from "undici";
import type { TlsClientConfig, TlsVersion } from "../config/index.ts";
import type { WrittenUrl } from "./written-url.ts";

/** Where to connect for a host and port that were asked for; lets tests and demos answer for names. */
export type Dial = (host: string, port: number) => { readonly host: string; readonly port: number };

const TLS_VERSIONS = { TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;

/** TLS material of a client block, read from disk where it names files. */
export interface TlsMaterial {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** @throws the file system's error when a file cannot be read. */
export async function readTlsMaterial(config: TlsClientConfig | undefined): Promise<TlsMaterial> {
  return {
    ca: await inlineOrFile(config?.ca, config?.caFile),
    cert: await inlineOrFile(config?.cert, config?.certFile),
    key: await inlineOrFile(config?.key, config?.keyFile),
  };
}

async function inlineOrFile(
  inline: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  if (inline) return inline;
  return file ? await readFile(file, "utf8") : undefined;
}

/** A connector for one origin that dials the host as it was written. */
export function createConnector(
  url: WrittenUrl,
  options: { dial: Dial; tls: TlsClientConfig | undefined; material: TlsMaterial; timeoutMs: number },
): buildConnector.connector {
  const { tls, material } = options;
  const servername = tls?.serverName ? tls.serverName : url.host;
  const connect = buildConnector({
    timeout: options.timeoutMs,
    allowH2: false,
    rejectUnauthorized: tls?.insecureSkipVerify !== true,
    minVersion: tlsVersion(tls?.minVersion ?? "TLS12"),
    ...(tls?.maxVersion === undefined ? {} : { maxVersion: tlsVersion(tls.maxVersion) }),
    ...(material.ca === undefined ? {} : { ca: material.ca }),
    ...(material.cert === undefined ? {} : { cert: material.cert }),
    ...(material.key === undefined ? {} : { key: material.key }),
  });
  return (request, callback) => {
    const place = options.dial(url.host, url.port);
    connect(
      { ...request, hostname: place.host, host: place.host, port: String(place.port), servername },
      callback,
    );
  };
}

function tlsVersion(version: TlsVersion): (typeof TLS_VERSIONS)[TlsVersion] {
  return TLS_VERSIONS[version];
}
