export { FEATURES, type FeatureName, type FeatureStatus } from "./features.ts";
export type { FlagMode, FlagRow, FlagStatus } from "./flag-row.ts";
export { parseFlags, type FlagsOutcome } from "./parse-flags.ts";
export type { ServerFlags } from "./server-flags.ts";
export { FLAG_TABLE } from "./table.ts";
