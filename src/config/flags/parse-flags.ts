import { parseArgs } from "node:util";
import { errorText, NarthexError } from "../../base/index.ts";
import { formatDuration } from "../../model/index.ts";
import { closestName } from "../closest-name.ts";
import { FlagError } from "../errors.ts";
import { ACTIVE_FLAGS, type WrittenFlags } from "./active-flags.ts";
import { featureWarnings, isFeatureName, type FeatureName } from "./features.ts";
import type { FlagRow } from "./flag-row.ts";
import { helpText } from "./help.ts";
import type { ServerFlags } from "./server-flags.ts";
import { FLAG_TABLE } from "./table.ts";

const DAY_MS = 86_400_000;
const DEFAULT_RETENTION_MS = 15 * DAY_MS;
const SHORTEST_RELOAD_MS = 1000;
const LONGEST_BLOCK_MS = 31 * DAY_MS;

/** What the command line asks for. */
export type FlagsOutcome =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  | {
      readonly kind: "run";
      readonly flags: ServerFlags;
      /** Every flag, hidden ones too, by name without dashes: `/api/v1/status/flags` (spec API-53). */
      readonly shown: Readonly<Record<string, string>>;
      readonly warnings: readonly string[]; // What was given in vain; for the log.
    };

/**
 * Reads the server's command line, without the program's name: `--name=value`, `--name value`, `--switch`,
 * `--no-switch`. Source: spec cli.md, section 1.
 * @throws FlagError with the exit code to end with.
 */
export function parseFlags(argv: readonly string[]): FlagsOutcome {
  const given = readArguments(argv);
  if (given.has("help-long") || given.has("help-man")) return { kind: "help", text: helpText(true) };
  if (given.has("help")) return { kind: "help", text: helpText(false) };
  if (given.has("version")) return { kind: "version" };
  refuseOtherMode(given);
  const warnings: string[] = [];
  const values = new Map<string, unknown>();
  const shown: Record<string, string> = {};
  for (const row of FLAG_TABLE) {
    const value = readValue(row, given.get(row.name) ?? [row.fallback]);
    values.set(row.name, value);
    shown[row.name] = row.show(value);
    if (given.has(row.name)) refuseOrWarn(row, value, warnings);
  }
  const properties = Object.entries(ACTIVE_FLAGS).map(([property, { name }]) => [property, values.get(name)]);
  const written = Object.fromEntries(properties) as unknown as WrittenFlags;
  warnings.push(...featureWarnings(featureNames(written)));
  const flags = toServerFlags(written);
  shown["storage.tsdb.retention.time"] = formatDuration(flags.storageRetentionMs);
  shown["storage.tsdb.max-block-duration"] = formatDuration(flags.storageMaxBlockDurationMs);
  shown["web.route-prefix"] = flags.webRoutePrefix;
  return { kind: "run", flags, shown, warnings };
}

const SWITCHES_OF_HELP = ["help", "help-long", "help-man", "version"];
const ROW_OF: ReadonlyMap<string, FlagRow<unknown>> = new Map(FLAG_TABLE.map((row) => [row.name, row]));

// Texts by flag name; a switch has "true" or "false".
function readArguments(argv: readonly string[]): Map<string, string[]> {
  const options: Record<string, { type: "boolean" | "string"; short?: string; multiple?: boolean }> = {};
  for (const name of SWITCHES_OF_HELP) options[name] = { type: "boolean" };
  options["help"] = { type: "boolean", short: "h" };
  for (const row of FLAG_TABLE) options[row.name] = { type: isSwitch(row) ? "boolean" : "string" };
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") {
      throw new FlagError(`unexpected ${token.value}: the server takes only flags`);
    }
    if (token.kind === "option") addFlag(token.name, token.rawName, token.value, given);
  }
  return given;
}

function addFlag(
  name: string,
  rawName: string,
  value: string | undefined,
  given: Map<string, string[]>,
): void {
  const negated = name.startsWith("no-") && isSwitch(ROW_OF.get(name.slice(3)));
  const key = negated ? name.slice(3) : name;
  const row = ROW_OF.get(key);
  if (SWITCHES_OF_HELP.includes(key)) {
    given.set(key, ["true"]);
    return;
  }
  if (row === undefined || (!rawName.startsWith("--") && rawName !== "-h")) throw unknownFlag(rawName);
  const texts = given.get(key) ?? [];
  if (isSwitch(row)) {
    if (value !== undefined) throw new FlagError(`unexpected ${value}: write --${key} or --no-${key}`);
    given.set(key, [negated ? "false" : "true"]);
    return;
  }
  if (value === undefined) {
    throw new FlagError(
      `expected argument for flag '--${key}', such as --${key}=${row.fallback || row.placeholder}`,
    );
  }
  if (texts.length > 0 && !row.repeatable) throw new FlagError(`flag '--${key}' cannot be repeated`);
  given.set(key, [...texts, value]);
}

function unknownFlag(rawName: string): FlagError {
  if (!rawName.startsWith("--")) return new FlagError(`unknown short flag '${rawName}'`);
  const names = FLAG_TABLE.flatMap((row) => (isSwitch(row) ? [row.name, `no-${row.name}`] : [row.name]));
  const closest = closestName(rawName.slice(2), names);
  const hint = closest === undefined ? "" : `, did you mean --${closest}?`;
  return new FlagError(`unknown long flag '${rawName}'${hint}`);
}

function isSwitch(row: FlagRow<unknown> | undefined): boolean {
  return row !== undefined && row.placeholder === "";
}

function readValue(row: FlagRow<unknown>, texts: readonly string[]): unknown {
  try {
    return row.read(texts);
  } catch (error) {
    if (!(error instanceof NarthexError)) throw error;
    throw new FlagError(
      `invalid value ${JSON.stringify(texts.join(","))} for --${row.name}: ${errorText(error)}`,
    );
  }
}

function refuseOtherMode(given: ReadonlyMap<string, readonly string[]>): void {
  const agent = given.get("agent")?.[0] === "true";
  const misplaced = FLAG_TABLE.filter(
    ({ name, mode }) => given.has(name) && mode === (agent ? "server" : "agent"),
  );
  if (misplaced.length === 0) return;
  const names = misplaced.map(({ name }) => `"--${name}"`).join(" ");
  const verdict = agent ? "can not be used in agent mode" : "can only be used in agent mode";
  throw new FlagError(`The following flag(s) ${verdict}: [${names}]`, 3);
}

// To go on without what keeps strangers out, or in another mode, would do harm; without other things it would not.
function refuseOrWarn(row: FlagRow<unknown>, value: unknown, warnings: string[]): void {
  const asks = value !== false && value !== "";
  if (row.status === "refused" && asks) {
    throw new FlagError(
      `--${row.name} is not there yet, and starting without it could do harm; leave it out`,
      1,
    );
  }
  if (row.status === "inactive" && asks) warnings.push(`--${row.name} is accepted, but has no effect yet`);
}

function featureNames(written: WrittenFlags): string[] {
  const names = written.features.flatMap((list) => list.split(","));
  return names.map((name) => name.trim()).filter((name) => name !== "");
}

// Works out what depends on other flags.
function toServerFlags(written: WrittenFlags): ServerFlags {
  const features = new Set<FeatureName>(featureNames(written).filter(isFeatureName));
  if (features.has("otlp-deltatocumulative") && features.has("otlp-native-delta-ingestion")) {
    const both = "otlp-deltatocumulative and otlp-native-delta-ingestion";
    throw new FlagError(`--enable-feature: ${both} cannot be given together`, 1);
  }
  const withoutLimit = written.storageRetentionBytes === 0;
  const storageRetentionMs = written.storageRetentionMs ?? (withoutLimit ? DEFAULT_RETENTION_MS : 0);
  const tenthMs = storageRetentionMs === 0 ? LONGEST_BLOCK_MS : Math.floor(storageRetentionMs / 10);
  return {
    ...written,
    features,
    configAutoReloadIntervalMs: Math.max(written.configAutoReloadIntervalMs, SHORTEST_RELOAD_MS),
    configAutoReload: written.configAutoReload || features.has("auto-reload-config"),
    webRoutePrefix: routePrefix(written.webRoutePrefix || pathOf(written.webExternalUrl)),
    storageRetentionMs,
    storageMaxBlockDurationMs: written.storageMaxBlockDurationMs ?? Math.min(tenthMs, LONGEST_BLOCK_MS),
  };
}

function pathOf(url: string): string {
  return /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]*([^?#]*)/.exec(url)?.[1] ?? "";
}

function routePrefix(written: string): string {
  return `/${written.replace(/^\/+|\/+$/g, "")}`;
}
