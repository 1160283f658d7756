export * from "./append.ts";
export * from "./select.ts";
export * from "./store.ts";
