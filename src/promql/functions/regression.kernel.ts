// Least squares over the rows of a window, with compensated sums: Prometheus promql/functions.go, linearRegression;
// spec NUM-5.

/**
 * Fits a line to rows `[from, to)` with x in seconds from `originMs`, y in the values' unit. `fit[0]` = slope a
 * second, `fit[1]` = value at the origin. All values equal: slope 0, or NaN both when they are infinite.
 */
export function fitLine(
  times: Float64Array,
  values: Float64Array,
  from: number,
  to: number,
  originMs: number,
  fit: Float64Array,
): void {
  const firstValue = values[from]!;
  let isConstant = true;
  let sumX = 0;
  let restX = 0;
  let sumY = 0;
  let restY = 0;
  let sumXY = 0;
  let restXY = 0;
  let sumXX = 0;
  let restXX = 0;
  for (let row = from; row < to; row++) {
    const y = values[row]!;
    const x = (times[row]! - originMs) / 1000;
    if (isConstant && row > from && y !== firstValue) isConstant = false;
    let total = sumX + x;
    restX = rest(sumX, x, total, restX);
    sumX = total;
    total = sumY + y;
    restY = rest(sumY, y, total, restY);
    sumY = total;
    const xy = x * y;
    total = sumXY + xy;
    restXY = rest(sumXY, xy, total, restXY);
    sumXY = total;
    const xx = x * x;
    total = sumXX + xx;
    restXX = rest(sumXX, xx, total, restXX);
    sumXX = total;
  }
  if (isConstant) {
    const isInfinite = firstValue === Infinity || firstValue === -Infinity;
    fit[0] = isInfinite ? NaN : 0;
    fit[1] = isInfinite ? NaN : firstValue;
    return;
  }
  const count = to - from;
  const x = sumX + restX;
  const y = sumY + restY;
  const covariance = sumXY + restXY - (x * y) / count;
  const variance = sumXX + restXX - (x * x) / count;
  const slope = covariance / variance;
  fit[0] = slope;
  fit[1] = y / count - (slope * x) / count;
}

/** What addition `total = sum + value` lost, added to what was lost before (NUM-1). */
function rest(sum: number, value: number, total: number, before: number): number {
  if (total === Infinity || total === -Infinity) return 0;
  return Math.abs(sum) >= Math.abs(value) ? before + (sum - total + value) : before + (value - total + sum);
}
