export * from "./append.ts";
export * from "./changes.ts";
export * from "./exemplar.ts";
export * from "./metadata.ts";
export * from "./select.ts";
export * from "./store.ts";
