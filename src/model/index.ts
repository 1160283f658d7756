export * from "./histogram.ts";
export * from "./ids.ts";
export * from "./labels.ts";
export * from "./matcher.ts";
export * from "./regex.ts";
export * from "./relabel.ts";
export * from "./stale.ts";
export * from "./target-group.ts";
export { compareText } from "./text-order.ts";
