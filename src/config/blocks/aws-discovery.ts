import { goQuote } from "../../model/index.ts";
import { field, shownField, type BlockType, type KeyField } from "../schema.ts";
import type { DiscoveryFilter } from "../types.ts";
import { list, secret, text, uint } from "../values.ts";
import {
  allOf,
  filters,
  mechanism,
  port,
  refresh,
  roleAmong,
  type Entry,
  type EntryCheck,
} from "./mechanism.ts";

// Amazon's mechanisms (spec SD-44 to SD-49).

const account: readonly KeyField<unknown>[] = [
  shownField("endpoint", text),
  shownField("region", text),
  field("access_key", text),
  field("secret_key", secret),
  field("profile", text),
  field("role_arn", text),
  field("external_id", text),
  refresh(60),
  port(80),
];

function refuseEmptyFilters(name: string): EntryCheck {
  return (entry, place) => {
    for (const filter of entry["filters"] as readonly DiscoveryFilter[]) {
      if (filter.values.length > 0) continue;
      place.report(
        "filters",
        `${name} SD configuration filter values cannot be empty, see ${goQuote(filter.name)}`,
      );
    }
  };
}

function fleet(requestConcurrency: number, ...more: readonly KeyField<unknown>[]): BlockType<Entry> {
  const fields = [
    ...account,
    field("clusters", list(text)),
    field("request_concurrency", uint, requestConcurrency),
    ...more,
  ];
  return mechanism(fields, { http: true });
}

const ROLES = ["ec2", "ecs", "elasticache", "lightsail", "msk", "rds"];

/** By YAML key. */
export const AWS_MECHANISMS: Readonly<Record<string, BlockType<Entry>>> = {
  aws_sd_configs: mechanism(
    [
      ...account,
      field("role", text),
      filters(),
      field("clusters", list(text)),
      field("request_concurrency", uint),
    ],
    { http: true, check: allOf(roleAmong("role", ROLES), refuseEmptyFilters("AWS")) },
  ),
  ec2_sd_configs: mechanism([...account, filters()], { http: true, check: refuseEmptyFilters("EC2") }),
  ecs_sd_configs: fleet(20),
  elasticache_sd_configs: fleet(10),
  lightsail_sd_configs: mechanism(account, { http: true }),
  msk_sd_configs: fleet(10),
  rds_sd_configs: fleet(10, filters()),
};
