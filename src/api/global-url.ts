import type { ExternalUrl } from "./dependencies.ts";

const PARTS = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i;
const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/;
const LOCAL_HOSTS = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Where a target scraped over the loopback can be reached from outside: this server itself under its external
 * URL, another process under the external host name with its own port. Other URLs stay as they are.
 * Source: spec API-45; Prometheus web/api/v1, getGlobalURL.
 */
export function globalUrl(url: string, external: ExternalUrl, listenAddresses: readonly string[]): string {
  const parts = PARTS.exec(url);
  const target = parts === null ? null : HOST_AND_PORT.exec(parts[2]!);
  if (parts === null || target === null || !LOCAL_HOSTS.has(target[1]!)) return url;
  const port = target[2] ?? "";
  const rest = parts[3]!;
  if (listenAddresses.some((address) => portOf(address) === port)) {
    return `${external.scheme}://${external.host}${rest}`;
  }
  const externalHost = HOST_AND_PORT.exec(external.host)?.[1] ?? external.host;
  return `${parts[1]}://${externalHost}${port === "" ? "" : `:${port}`}${rest}`;
}

function portOf(address: string): string {
  return HOST_AND_PORT.exec(address)?.[2] ?? "";
}
