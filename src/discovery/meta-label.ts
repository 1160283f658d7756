/** A label's name made of a user's key: what is not a letter, digit or underscore becomes one (SD-3). */
export function metaName(prefix: string, key: string): string {
  return prefix + key.replaceAll(/[^a-zA-Z0-9_]/g, "_");
}

/** Adds `<prefix><name of the key>` with its value for each key. */
export function putMeta(
  labels: Record<string, string>,
  prefix: string,
  values: Readonly<Record<string, string>> | null | undefined,
): void {
  for (const [key, value] of Object.entries(values ?? {})) labels[metaName(prefix, key)] = value;
}

/** `host:port`, an IPv6 address in brackets. */
export function joinHostPort(host: string, port: number | string): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
