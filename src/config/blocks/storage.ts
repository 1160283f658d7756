import { block, field, type BlockType, type Type } from "../schema.ts";
import type { ExemplarsConfig, RetentionConfig, StorageConfig, TsdbConfig } from "../server-types.ts";
import { duration, float, integer, oneOf, optional, size } from "../values.ts";

// `storage` (spec CFG-88 to CFG-92).

const MAX_EXEMPLARS = 100_000;

const RETENTION: BlockType<RetentionConfig> = block({
  fields: {
    timeMs: field("time", duration),
    sizeBytes: field("size", size),
    percentage: field("percentage", float),
  },
  finish(raw: RetentionConfig, place): RetentionConfig {
    if (raw.sizeBytes < 0) place.report("size", "retention size must be 0 or more");
    if (!(raw.percentage >= 0 && raw.percentage <= 100)) {
      place.report("percentage", "retention percentage must be between 0 and 100");
    }
    return raw;
  },
});

const CHUNK_ENCODING: BlockType<TsdbConfig["chunkEncoding"]> = block({
  fields: { floats: field("floats", oneOf(["", "xor", "xor2"]) as Type<string>) },
  finish: (raw: TsdbConfig["chunkEncoding"]): TsdbConfig["chunkEncoding"] => raw,
});

const TSDB: BlockType<TsdbConfig> = block({
  fields: {
    outOfOrderTimeWindowMs: field("out_of_order_time_window", duration),
    retention: field("retention", optional(RETENTION)),
    staleSeriesCompactionThreshold: field("stale_series_compaction_threshold", float),
    chunkEncoding: field("chunk_encoding", CHUNK_ENCODING),
  },
  finish: (raw: TsdbConfig): TsdbConfig => raw,
});

// The default is not printed: exemplars are only kept when their feature flag is on.
const maxExemplars: Type<number> = {
  ...integer,
  render: (value) => (value === MAX_EXEMPLARS ? undefined : value),
};

const EXEMPLARS: BlockType<ExemplarsConfig> = block({
  fields: { maxExemplars: field("max_exemplars", maxExemplars, MAX_EXEMPLARS) },
  finish: (raw: ExemplarsConfig): ExemplarsConfig => raw,
});

export const STORAGE: BlockType<StorageConfig> = block({
  fields: { tsdb: field("tsdb", TSDB), exemplars: field("exemplars", EXEMPLARS) },
  finish: (raw: StorageConfig): StorageConfig => raw,
});
