export { decodeColumn, encodeColumn, maxColumnBytes } from "./column.ts";
export { decodeHistogram, encodeHistogram } from "./histogram.ts";
export { decodeTimes, encodeTimes, maxTimesBytes } from "./times.ts";
