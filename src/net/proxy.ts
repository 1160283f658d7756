import { BlockList, isIP } from "node:net";
import type { ProxyConfig } from "../config/index.ts";
import { UrlError, type WrittenUrl } from "./written-url.ts";

const SCHEMES: ReadonlySet<string> = new Set(["http:", "https:", "socks5:", "socks5h:"]);

/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that a request has to go through, or undefined. With `no_proxy`, and from the environment, requests to this
 * machine go straight, as in Go (HTTP-7 to HTTP-9).
 * @throws UrlError when the proxy's URL is none.
 */
export function proxyFor(url: WrittenUrl, config: ProxyConfig, environment: Environment): URL | undefined {
  if (config.proxyFromEnvironment) {
    const text = variable(environment, url.scheme === "https" ? "HTTPS_PROXY" : "HTTP_PROXY");
    const isDirect = text === "" || goesDirect(url, variable(environment, "NO_PROXY"));
    return isDirect ? undefined : parseProxyUrl(text);
  }
  if (config.proxyUrl === "") return undefined;
  if (config.noProxy !== "" && goesDirect(url, config.noProxy)) return undefined;
  return parseProxyUrl(config.proxyUrl);
}

function variable(environment: Environment, name: string): string {
  return environment[name] ?? environment[name.toLowerCase()] ?? "";
}

function parseProxyUrl(text: string): URL {
  // The environment usually names only host and port.
  const written = text.includes("://") ? text : `http://${text}`;
  const parsed = URL.canParse(written) ? new URL(written) : undefined;
  if (parsed === undefined || !SCHEMES.has(parsed.protocol)) {
    throw new UrlError(`invalid proxy address "${redacted(text)}", expected http, https or socks5`);
  }
  if (parsed.protocol === "socks5h:") return new URL(written.replace(/^socks5h/i, "socks5"));
  return parsed;
}

function redacted(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//xxxxx@");
}

function goesDirect({ host, port }: WrittenUrl, noProxy: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || isLoopback(name)) return true;
  return noProxy.split(",").some((entry) => matches(entry.trim().toLowerCase(), name, port));
}

function isLoopback(host: string): boolean {
  return host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

// One entry: `*`, an address, a network, or a domain, which stands for what is below it, too.
function matches(entry: string, host: string, port: number): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  if (entry.includes("/")) return isIP(host) !== 0 && isInNetwork(host, entry);
  const { name, entryPort } = splitPort(entry);
  if (entryPort !== undefined && entryPort !== port) return false;
  if (isIP(name) !== 0) return name === host;
  const domain = name.replace(/^\*?\./, "");
  const isBelowOnly = name.startsWith(".") || name.startsWith("*.");
  return host.endsWith(`.${domain}`) || (!isBelowOnly && host === domain);
}

function splitPort(entry: string): { name: string; entryPort: number | undefined } {
  if (isIP(entry) !== 0) return { name: entry, entryPort: undefined };
  const found = /^(.*):(\d+)$/.exec(entry);
  const name = found?.[1] ?? entry;
  return {
    name: name.replace(/^\[(.*)\]$/, "$1"),
    entryPort: found === null ? undefined : Number(found[2]),
  };
}

function isInNetwork(host: string, network: string): boolean {
  const [address = "", bits = ""] = network.split("/");
  const family = isIP(address);
  const isNetwork = family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  if (!isNetwork) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
  return list.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}
