/** What resolv.conf says; re-read at each refresh, since containers and laptops change it under a running server. */
export interface ResolvConf {
  readonly servers: readonly DnsServer[];
  readonly search: readonly string[]; // Without trailing dots.
  readonly ndots: number;
}

export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

const DNS_PORT = 53;
const NDOTS_MAX = 15; // As glibc caps it.

/** Reads the text of a resolv.conf; unknown lines and options are passed over, as every resolver does. */
export function parseResolvConf(text: string): ResolvConf {
  const servers: DnsServer[] = [];
  let search: string[] = [];
  let ndots = 1;
  for (const line of text.split("\n")) {
    const words = line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/);
    const [keyword, ...rest] = words;
    if (keyword === "nameserver" && rest[0] !== undefined) servers.push({ address: rest[0], port: DNS_PORT });
    if (keyword === "search" || keyword === "domain")
      search = rest.map((domain) => domain.replace(/\.$/, ""));
    if (keyword === "options") {
      for (const option of rest) {
        const dots = /^ndots:(\d+)$/.exec(option);
        if (dots !== null) ndots = Math.min(NDOTS_MAX, Number(dots[1]));
      }
    }
  }
  if (servers.length === 0) servers.push({ address: "127.0.0.1", port: DNS_PORT });
  return { servers, search: search.filter((domain) => domain !== ""), ndots };
}

/**
 * Names to ask for, in order, without trailing dots. A name with a trailing dot stands for itself; one with at
 * least `ndots` dots is tried as it is before the search list, others after it.
 */
export function candidateNames(name: string, conf: ResolvConf): string[] {
  if (name.endsWith(".")) return [name.slice(0, -1)];
  const searched = conf.search.map((domain) => `${name}.${domain}`);
  const dots = name.split(".").length - 1;
  return dots >= conf.ndots ? [name, ...searched] : [...searched, name];
}
