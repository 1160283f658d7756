import { goQuote } from "../../model/index.ts";
import {
  block,
  field,
  inline,
  type BlockPlace,
  type BlockType,
  type Field,
  type KeyField,
} from "../schema.ts";
import type { DiscoveryFilter, HttpClientConfig } from "../types.ts";
import { duration, integer, list, text } from "../values.ts";
import { HTTP_CLIENT } from "./http-client.ts";

/** A discovery block that nothing acts on yet: plain values by YAML key, the client block as `httpClient`. */
export type Entry = Readonly<Record<string, unknown>>;
export type EntryCheck = (entry: Entry, place: BlockPlace) => void;

export interface MechanismOptions {
  /** Whether the keys of the HTTP client block stand among its own. */
  readonly http: boolean;
  readonly check?: EntryCheck;
}

/** Shared by Docker and the clouds. */
export const FILTER: BlockType<DiscoveryFilter> = block({
  fields: { name: field("name", text), values: field("values", list(text)) },
  finish: (raw: DiscoveryFilter): DiscoveryFilter => raw,
});

export function filters(): KeyField<unknown> {
  return field("filters", list(FILTER));
}

export function refresh(seconds: number): KeyField<unknown> {
  return field("refresh_interval", duration, seconds * 1000);
}

export function port(number: number): KeyField<unknown> {
  return field("port", integer, number);
}

/** The block of a mechanism that is only checked and shown. */
export function mechanism(
  keyFields: readonly KeyField<unknown>[],
  options: MechanismOptions,
): BlockType<Entry> {
  const fields: Record<string, Field<unknown>> = {};
  if (options.http) fields["httpClient"] = inline(HTTP_CLIENT);
  for (const each of keyFields) fields[each.key] = each;
  return block<Entry>({
    fields,
    finish(raw, place): Entry {
      options.check?.(raw, place);
      const refreshMs = raw["refresh_interval"];
      if (typeof refreshMs === "number") requirePositive(refreshMs, "refresh_interval", place);
      return raw;
    },
  });
}

/** Refuses an entry that leaves one of the keys empty. */
export function requireKeys(...keys: readonly string[]): EntryCheck {
  return (entry, place) => {
    for (const key of keys) if (isEmpty(entry[key])) place.report(key, `${key} is required`);
  };
}

/** Refuses another text than these under `key`. */
export function roleAmong(key: string, roles: readonly string[]): EntryCheck {
  return (entry, place) => {
    const role = entry[key] as string;
    if (role === "") place.report(key, `${key} missing (one of: ${roles.join(", ")})`);
    else if (!roles.includes(role))
      place.report(key, `unknown ${key} ${goQuote(role)}, expected one of ${roles.join(", ")}`);
  };
}

/** Runs several checks. */
export function allOf(...checks: readonly EntryCheck[]): EntryCheck {
  return (entry, place) => {
    for (const check of checks) check(entry, place);
  };
}

/** Refuses an entry in which not exactly one, or with `none` more than one, of the keys is given. */
export function oneKeyOf(keys: readonly string[], none: "none is fine" | "one is needed"): EntryCheck {
  return (entry, place) => {
    const given = keys.filter((key) => !isEmpty(entry[key]));
    if (given.length > 1) place.report(given[1]!, `only one of ${keys.join(", ")} can be given`);
    if (given.length === 0 && none === "one is needed")
      place.report(keys[0]!, `one of ${keys.join(", ")} is required`);
  };
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** Polling needs a pause; Prometheus crashes on a pause of 0. */
export function requirePositive(valueMs: number, key: string, place: BlockPlace): void {
  if (valueMs <= 0) place.report(key, `${key} must be greater than 0`);
}

/** The authentication methods that the client block of an entry uses. */
export function authMethods(client: HttpClientConfig): readonly string[] {
  const methods = {
    basic_auth: client.basicAuth,
    authorization: client.authorization,
    oauth2: client.oauth2,
  };
  return Object.entries(methods).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}
