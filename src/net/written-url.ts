import { NarthexError } from "../base/index.ts";

/** A URL that cannot be requested. */
export class UrlError extends NarthexError {
  override readonly name = "UrlError";
  readonly errorType = "bad_data";
}

/**
 * A URL whose host keeps the letters it was written with. The WHATWG parser lower-cases hosts, but a host may
 * exist only in a case-sensitive hosts file, and its label and Host header must show what the user wrote.
 */
export interface WrittenUrl {
  readonly scheme: "http" | "https";
  readonly host: string; // Name or address without port; IPv6 without brackets.
  readonly port: number;
  readonly authority: string; // As written: the Host header.
  readonly path: string; // With query, starting with "/".
  readonly text: string; // The whole as written.
}

/** @throws UrlError naming what is wrong with the text. */
export function parseWrittenUrl(text: string): WrittenUrl {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)/.exec(text);
  if (match === null) throw new UrlError(`"${text}" is not an absolute URL, expected http://host/path`);
  const scheme = match[1]!.toLowerCase();
  if (scheme !== "http" && scheme !== "https") throw new UrlError(`unsupported protocol scheme "${scheme}"`);
  const authority = match[2]!.slice(match[2]!.lastIndexOf("@") + 1);
  const { host, port } = splitAuthority(authority, text);
  const rest = match[3]!;
  return {
    scheme,
    host,
    port: port ?? (scheme === "https" ? 443 : 80),
    authority,
    path: rest.startsWith("/") ? rest : `/${rest}`,
    text,
  };
}

function splitAuthority(authority: string, text: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(authority);
  const host = match?.[1] ?? match?.[2] ?? "";
  if (match === null || host === "") throw new UrlError(`no Host in request URL "${text}"`);
  const port = match[3] === undefined || match[3] === "" ? undefined : Number(match[3]);
  if (port !== undefined && port > 65535) throw new UrlError(`invalid port ${port} in "${text}"`);
  return { host, port };
}
