export type { FeatureName } from "./features.ts";
export { parseFlags, type FlagsOutcome } from "./parse-flags.ts";
export type { ServerFlags } from "./server-flags.ts";
export { FLAG_TABLE } from "./table.ts";
