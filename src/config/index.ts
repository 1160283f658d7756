export * from "./server-types.ts";
export * from "./types.ts";
