import type { InactiveField } from "./server-types.ts";

// What the file may say although nothing acts on it yet. A feature that becomes active loses its line here.

interface InactiveRule {
  readonly key: string;
  readonly feature: string;
}

const RULES: readonly InactiveRule[] = [
  { key: "alerting", feature: "alerting" },
  { key: "rule_files", feature: "recording and alerting rules" },
  { key: "remote_write", feature: "remote write" },
  { key: "remote_read", feature: "remote read" },
  { key: "tracing", feature: "tracing" },
  { key: "otlp", feature: "OTLP" },
  { key: "query_log_file", feature: "the query log" },
  { key: "username_ref", feature: "secret managers" },
  { key: "password_ref", feature: "secret managers" },
  { key: "credentials_ref", feature: "secret managers" },
  { key: "chunk_encoding", feature: "a choice of chunk encodings" },
];

const RULE_OF: ReadonlyMap<string, InactiveRule> = new Map(RULES.map((rule) => [rule.key, rule]));

/** Discovery mechanisms that find targets, beside `static_configs`. */
export const ACTIVE_DISCOVERY: ReadonlySet<string> = new Set([
  "dns_sd_configs",
  "docker_sd_configs",
  "dockerswarm_sd_configs",
  "file_sd_configs",
  "consul_sd_configs",
  "http_sd_configs",
  "kubernetes_sd_configs",
]);

/**
 * The feature that a present field needs and that is not there yet, or undefined. A value that asks for
 * nothing (false, 0, an empty text or list) needs nothing.
 */
export function inactiveFeature(key: string, value: unknown): string | undefined {
  if (key.endsWith("_sd_configs")) {
    const inactive = !ACTIVE_DISCOVERY.has(key) && asksForSomething(value);
    return inactive ? `${key.slice(0, -"_sd_configs".length)} discovery` : undefined;
  }
  const rule = RULE_OF.get(key);
  return rule !== undefined && asksForSomething(value) ? rule.feature : undefined;
}

/** Without those that stand inside another one. */
export function outermostInactive(fields: readonly InactiveField[]): InactiveField[] {
  const places = new Set(fields.map(({ file, path }) => `${file}:${path}`));
  return fields.filter(({ file, path }) => {
    const ends = [...path.matchAll(/[.[]/g)].map((found) => found.index);
    return !ends.some((end) => places.has(`${file}:${path.slice(0, end)}`));
  });
}

function asksForSomething(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  return (Array.isArray(value) ? value : Object.keys(value)).length > 0;
}
