/** Pieces of a target's URL as its labels give them. */
export interface TargetUrlParts {
  readonly scheme: string;
  readonly address: string; // Host and port as written; goes in untouched.
  readonly path: string; // Not escaped.
  readonly params: ReadonlyMap<string, readonly string[]>;
}

/**
 * The URL of a target as Go writes it: the address keeps its letters, the path is escaped, parameters are
 * form-encoded with their names sorted. Source: Prometheus scrape/target.go, URL; spec SCR-6.
 */
export function targetUrl(parts: TargetUrlParts): string {
  const path = parts.path === "" || parts.path.startsWith("/") ? parts.path : `/${parts.path}`;
  const pairs: string[] = [];
  const names = [...parts.params.keys()].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const name of names) {
    for (const value of parts.params.get(name)!) pairs.push(`${formEscape(name)}=${formEscape(value)}`);
  }
  const query = pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  return `${parts.scheme}://${parts.address}${pathEscape(path)}${query}`;
}

const KEPT_IN_PATH = /[^A-Za-z0-9\-_.~$&+,/:;=@]/gu;
const KEPT_IN_FORM = /[^A-Za-z0-9\-_.~ ]/gu;

function pathEscape(path: string): string {
  return path.replace(KEPT_IN_PATH, percent);
}

function formEscape(text: string): string {
  return text.replace(KEPT_IN_FORM, percent).replaceAll(" ", "+");
}

function percent(character: string): string {
  let escaped = "";
  for (const byte of Buffer.from(character)) {
    escaped += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}
