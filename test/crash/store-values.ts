export const SERIES_COUNT = 20;
export const STEP_MS = 1000;
export const BLOCK_RANGE_MS = 60_000;

/** The value that series `series` has at `time`: whole, with decimals, or with all digits. */
export function crashValue(series: number, time: number): number {
  const mixed = Math.imul((time / STEP_MS) | 0, 2654435761) >>> 0;
  if (series % 3 === 0) return time / STEP_MS + series;
  return series % 3 === 1 ? (mixed % 10_000) / 100 : mixed / (series + 0.7);
}
