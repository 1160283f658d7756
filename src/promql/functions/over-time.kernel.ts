// Aggregations over the floats in each step's window: rows `[from[s], to[s])` of `values`. Results go to `out` with
// `kinds` set to 1 (FLOAT) where the window holds a sample; other steps stay as they are.

const FLOAT = 1;

/** Compensated sum, in order of time. Source: Prometheus promql/functions.go, funcSumOverTime; spec FN-27, NUM-1. */
export function sumOverTime(
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < from.length; step++) {
    const end = to[step]!;
    if (end <= from[step]!) continue;
    let sum = 0;
    let lost = 0;
    for (let row = from[step]!; row < end; row++) {
      const value = values[row]!;
      const total = sum + value;
      if (total === Infinity || total === -Infinity) lost = 0;
      else if (Math.abs(sum) >= Math.abs(value)) lost += sum - total + value;
      else lost += value - total + sum;
      sum = total;
    }
    out[step] = sum === Infinity || sum === -Infinity ? sum : sum + lost;
    kinds[step] = FLOAT;
  }
}

/**
 * Compensated mean; where the sum would overflow, a running mean from there on.
 * Source: Prometheus promql/functions.go, funcAvgOverTime; spec FN-26, NUM-3.
 */
export function averageOverTime(
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < from.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end <= first) continue;
    let sum = values[first]!;
    let lost = 0;
    let isMean = false;
    for (let row = first + 1; row < end; row++) {
      let value = values[row]!;
      const count = row - first + 1;
      if (!isMean) {
        const total = sum + value;
        if (total === Infinity || total === -Infinity) {
          isMean = true;
          sum /= count - 1;
          lost /= count - 1;
        }
      }
      if (isMean) {
        const weight = (count - 1) / count;
        sum *= weight;
        lost *= weight;
        value /= count;
      }
      const total = sum + value;
      if (total === Infinity || total === -Infinity) lost = 0;
      else if (Math.abs(sum) >= Math.abs(value)) lost += sum - total + value;
      else lost += value - total + sum;
      sum = total;
    }
    const divisor = isMean ? 1 : end - first;
    out[step] = sum / divisor + lost / divisor;
    kinds[step] = FLOAT;
  }
}

/**
 * Smallest value; NaN only when all are. `least` is scratch of at least `values.length` elements; `from` and `to`
 * ascend. Source: spec FN-28.
 *
 * Each row is looked at twice, however long the windows are: rows before `split` through `least[row]`, the minimum of
 * `[row, split)`, and rows from there on through a running minimum. When a window has left `split` behind, the rows
 * seen so far get their minima. Windows of 240 rows, 500 series, 181 steps: 18 -> 1.3 ms.
 */
export function minOverTime(
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
  least: Float64Array,
): void {
  let split = 0;
  let next = 0;
  let running = Number.NaN;
  for (let step = 0; step < from.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end <= first) continue;
    if (first >= split) {
      let kept = Number.NaN;
      for (let row = end - 1; row >= first; row--) {
        const value = values[row]!;
        // The first of equal values is kept, as a scan from the left keeps it: 0 and -0 are equal.
        if (value <= kept || kept !== kept) kept = value;
        least[row] = kept;
      }
      split = end;
      next = end;
      running = Number.NaN;
    }
    for (; next < end; next++) {
      const value = values[next]!;
      if (value < running || running !== running) running = value;
    }
    const before = least[first]!;
    out[step] = running < before || before !== before ? running : before;
    kinds[step] = FLOAT;
  }
}

/** Greatest value; NaN only when all are. As `minOverTime`. Source: spec FN-28. */
export function maxOverTime(
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
  greatest: Float64Array,
): void {
  let split = 0;
  let next = 0;
  let running = Number.NaN;
  for (let step = 0; step < from.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end <= first) continue;
    if (first >= split) {
      let kept = Number.NaN;
      for (let row = end - 1; row >= first; row--) {
        const value = values[row]!;
        if (value >= kept || kept !== kept) kept = value;
        greatest[row] = kept;
      }
      split = end;
      next = end;
      running = Number.NaN;
    }
    for (; next < end; next++) {
      const value = values[next]!;
      if (value > running || running !== running) running = value;
    }
    const before = greatest[first]!;
    out[step] = running > before || before !== before ? running : before;
    kinds[step] = FLOAT;
  }
}

/** Number of samples in the window. Source: spec FN-29. */
export function countOverTime(from: Int32Array, to: Int32Array, out: Float64Array, kinds: Uint8Array): void {
  for (let step = 0; step < from.length; step++) {
    const count = to[step]! - from[step]!;
    if (count <= 0) continue;
    out[step] = count;
    kinds[step] = FLOAT;
  }
}

/**
 * Population variance by Welford's recurrence with compensated mean and sum.
 * Source: Prometheus promql/functions.go, varianceOverTime; spec FN-32.
 */
export function varianceOverTime(
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < from.length; step++) {
    const first = from[step]!;
    const end = to[step]!;
    if (end <= first) continue;
    let mean = 0;
    let meanLost = 0;
    let squares = 0;
    let squaresLost = 0;
    for (let row = first; row < end; row++) {
      const value = values[row]!;
      const delta = value - (mean + meanLost);
      const share = delta / (row - first + 1);
      const nextMean = mean + share;
      if (nextMean === Infinity || nextMean === -Infinity) meanLost = 0;
      else if (Math.abs(mean) >= Math.abs(share)) meanLost += mean - nextMean + share;
      else meanLost += share - nextMean + mean;
      mean = nextMean;
      const square = delta * (value - (mean + meanLost));
      const nextSquares = squares + square;
      if (nextSquares === Infinity || nextSquares === -Infinity) squaresLost = 0;
      else if (Math.abs(squares) >= Math.abs(square)) squaresLost += squares - nextSquares + square;
      else squaresLost += square - nextSquares + squares;
      squares = nextSquares;
    }
    out[step] = (squares + squaresLost) / (end - first);
    kinds[step] = FLOAT;
  }
}

/**
 * Time in seconds of the smallest (`wanted` -1) or greatest (+1) value, the last of equal ones; a number takes the
 * place of NaN. Source: spec FN-34.
 */
export function timeOfExtreme(
  times: Float64Array,
  values: Float64Array,
  from: Int32Array,
  to: Int32Array,
  wanted: number,
  out: Float64Array,
  kinds: Uint8Array,
): void {
  for (let step = 0; step < from.length; step++) {
    const end = to[step]!;
    if (end <= from[step]!) continue;
    let best = from[step]!;
    for (let row = best + 1; row < end; row++) {
      const value = values[row]!;
      const extreme = values[best]!;
      if ((value - extreme) * wanted >= 0 || value === extreme || extreme !== extreme) best = row;
    }
    out[step] = times[best]! / 1000;
    kinds[step] = FLOAT;
  }
}
