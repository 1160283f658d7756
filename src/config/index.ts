export { cacheKeepingChange, sameScrapeConfig } from "./compare.ts";
export { ConfigError, FlagError, problemText, type ConfigProblem } from "./errors.ts";
export { matchFiles, type ListDirectory } from "./glob.ts";
export type { ConfigDefaults } from "./inherit.ts";
export { loadConfig, type ConfigFiles, type ConfigSource } from "./load.ts";
export { diskFiles, readConfigFiles } from "./read-files.ts";
export { renderConfig } from "./render.ts";
export * from "./server-types.ts";
export * from "./types.ts";
