import { labelsFromRecord, labelsToRecord, type Labels } from "../../model/index.ts";
import { block, field, shownField, type BlockType, type Field, type Type } from "../schema.ts";
import type { DiscoveryConfigs, DnsRecordType, DnsSdConfig, StaticConfig } from "../types.ts";
import { duration, integer, labelName, list, map, refusingNull, text } from "../values.ts";
import { DOCKER, DOCKER_SWARM } from "./docker-discovery.ts";
import { CONSUL } from "./consul.ts";
import { KUBERNETES } from "./kubernetes.ts";
import { FILE, HTTP } from "./list-discovery.ts";
import { requirePositive } from "./mechanism.ts";
import { OTHER_MECHANISMS } from "./other-discovery.ts";

// The discovery blocks of a job or of an alertmanager set (spec section 7).

const recordOfLabels = map(text);

/** A label set; names are checked under the UTF-8 scheme. Spec CFG-21. */
export const labels: Type<Labels> = {
  zero: labelsFromRecord({}),
  read(tree, place) {
    const record = recordOfLabels.read(tree, place);
    if (tree.kind === "mapping") {
      for (const entry of tree.entries.values()) {
        const { keyOffset: offset, key } = entry;
        labelName.read({ kind: "scalar", offset, text: key, plain: false }, place);
      }
    }
    return labelsFromRecord(record);
  },
  render: (value) => recordOfLabels.render(labelsToRecord(value)),
};

/** An entry of `static_configs`, and of the lists of targets in files. */
export const STATIC: BlockType<StaticConfig> = block({
  fields: {
    targets: shownField("targets", list(text)),
    labels: field("labels", labels),
  },
  finish: (raw: StaticConfig): StaticConfig => raw,
});

const RECORD_TYPES: readonly DnsRecordType[] = ["A", "AAAA", "SRV", "MX", "NS"];

const recordType: Type<DnsRecordType> = {
  zero: "" as DnsRecordType, // Refused by the block.
  read(tree, place) {
    const written = text.read(tree, place);
    return (RECORD_TYPES.find((type) => type === written.toUpperCase()) ?? written) as DnsRecordType;
  },
  render: (value) => value,
};

const DNS: BlockType<DnsSdConfig> = block({
  fields: {
    names: shownField("names", list(text)),
    refreshIntervalMs: shownField("refresh_interval", duration, 30_000),
    type: field("type", recordType, "SRV"),
    port: shownField("port", integer),
  },
  finish(raw: DnsSdConfig, place): DnsSdConfig {
    if (raw.names.length === 0) {
      place.report("names", "DNS-SD config must contain at least one SRV record name");
    }
    if (!RECORD_TYPES.includes(raw.type)) {
      place.report(
        "type",
        `invalid DNS-SD records type ${raw.type}, expected one of ${RECORD_TYPES.join(", ")}`,
      );
    } else if (raw.type !== "SRV" && raw.port === 0) {
      place.report("port", "a port is required in DNS-SD configs for all record types except SRV");
    }
    requirePositive(raw.refreshIntervalMs, "refresh_interval", place);
    return raw;
  },
});

type OtherEntry = Readonly<Record<string, unknown>>;
type DiscoveryFields = Readonly<Record<string, readonly unknown[]>>;
type BuiltName = Exclude<keyof DiscoveryConfigs, "inactive" | "other">;

/** The mechanisms that find targets: property, YAML key, block. */
const BUILT: readonly (readonly [BuiltName, string, BlockType<unknown>])[] = [
  ["static", "static_configs", STATIC],
  ["dns", "dns_sd_configs", DNS],
  ["file", "file_sd_configs", FILE],
  ["http", "http_sd_configs", HTTP],
  ["docker", "docker_sd_configs", DOCKER],
  ["dockerSwarm", "dockerswarm_sd_configs", DOCKER_SWARM],
  ["kubernetes", "kubernetes_sd_configs", KUBERNETES],
  ["consul", "consul_sd_configs", CONSUL],
];

/**
 * All `<mechanism>_sd_configs` and `static_configs`, to stand inline in another block.
 * Source: spec SD-1, SD-2.
 */
export const DISCOVERY: BlockType<DiscoveryConfigs> = discoveryBlock();

function discoveryBlock(): BlockType<DiscoveryConfigs> {
  const fields: Record<string, Field<readonly unknown[]>> = {};
  const known: Record<string, BlockType<unknown>> = { ...OTHER_MECHANISMS };
  for (const [, key, type] of BUILT) known[key] = type;
  for (const key of Object.keys(known).toSorted()) {
    fields[key] = field(key, list(refusingNull(known[key]!, `empty or null section in ${key}`)));
  }
  const inner = block<DiscoveryFields, DiscoveryConfigs>({
    fields,
    finish(raw): DiscoveryConfigs {
      const built = BUILT.map(([name, key]) => [name, raw[key]] as const);
      const entries = Object.keys(OTHER_MECHANISMS)
        .map((key) => [key, raw[key]!] as const)
        .filter(([, each]) => each.length > 0);
      return {
        ...(Object.fromEntries(built) as unknown as Pick<DiscoveryConfigs, BuiltName>),
        inactive: entries.map(([key]) => key),
        other: Object.fromEntries(entries) as Readonly<Record<string, readonly OtherEntry[]>>,
      };
    },
  });
  const renderFields: typeof inner.renderFields = (value) =>
    inner.renderFields({
      ...value.other,
      ...Object.fromEntries(BUILT.map(([name, key]) => [key, value[name]])),
    } as unknown as DiscoveryConfigs);
  return { ...inner, renderFields };
}
