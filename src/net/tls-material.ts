import { readFile } from "node:fs/promises";
import type { TlsClientConfig, TlsVersion } from "../config/index.ts";

const TLS_VERSIONS = { TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3" } as const;

/** Certificates and key of a client block as PEM texts, read from disk where it names files. */
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

/** Whether the material may change while the block stays the same (HTTP-6). */
export function hasTlsFiles(config: TlsClientConfig | undefined): boolean {
  return config !== undefined && `${config.caFile}${config.certFile}${config.keyFile}` !== "";
}

export function isSameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}

/** What Node's TLS takes; certificates are checked against the system's roots where the block names none. */
export interface TlsSettings {
  readonly rejectUnauthorized: boolean;
  readonly minVersion: (typeof TLS_VERSIONS)[TlsVersion];
  readonly maxVersion?: (typeof TLS_VERSIONS)[TlsVersion];
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export function tlsSettings(tls: TlsClientConfig | undefined, material: TlsMaterial): TlsSettings {
  return {
    rejectUnauthorized: tls?.insecureSkipVerify !== true,
    minVersion: TLS_VERSIONS[tls?.minVersion ?? "TLS12"],
    ...(tls?.maxVersion === undefined ? {} : { maxVersion: TLS_VERSIONS[tls.maxVersion] }),
    ...(material.ca === undefined ? {} : { ca: material.ca }),
    ...(material.cert === undefined ? {} : { cert: material.cert }),
    ...(material.key === undefined ? {} : { key: material.key }),
  };
}

async function inlineOrFile(
  inline: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  if (inline) return inline;
  return file ? await readFile(file, "utf8") : undefined;
}
