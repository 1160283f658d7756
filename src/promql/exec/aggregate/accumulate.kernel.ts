// Adds one series to the accumulators of its group, all steps in one pass. `base` is where the group's first step
// stands in the accumulator columns. A step's `seen` is 0 until the first float has come. Series come in the
// order of the input, so that sums round as Prometheus's do.

const FLOAT = 1;

/**
 * Compensated addition: `sums + compensations` is the result. Source: Prometheus util/kahansum; spec NUM-1.
 */
export function addToSums(
  values: Float64Array,
  kinds: Uint8Array,
  sums: Float64Array,
  compensations: Float64Array,
  seen: Uint8Array,
  base: number,
): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] !== FLOAT) continue;
    const value = values[step]!;
    const at = base + step;
    if (seen[at] === 0) {
      seen[at] = 1;
      sums[at] = value;
      continue;
    }
    const sum = sums[at]!;
    const total = sum + value;
    if (total - total !== 0) compensations[at] = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensations[at]! += sum - total + value;
    else compensations[at]! += value - total + sum;
    sums[at] = total;
  }
}

/**
 * As `addToSums` with `counts`, but where a sum would become infinite it turns into a running mean; `means[at]` is
 * 1 from then on and `sums` holds the mean. Source: Prometheus promql/engine.go, aggregation; spec NUM-3.
 */
export function addToMeans(
  values: Float64Array,
  kinds: Uint8Array,
  sums: Float64Array,
  compensations: Float64Array,
  counts: Float64Array,
  means: Uint8Array,
  base: number,
): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] !== FLOAT) continue;
    const at = base + step;
    let value = values[step]!;
    const count = counts[at]! + 1;
    counts[at] = count;
    if (count === 1) {
      sums[at] = value;
      continue;
    }
    let sum = sums[at]!;
    if (means[at] === 0 && Math.abs(sum + value) === Infinity) {
      means[at] = 1;
      sum /= count - 1;
      compensations[at]! /= count - 1;
    }
    if (means[at] === 1) {
      const weight = (count - 1) / count;
      sum *= weight;
      compensations[at]! *= weight;
      value /= count;
    }
    const total = sum + value;
    if (Math.abs(total) === Infinity) compensations[at] = 0;
    else if (Math.abs(sum) >= Math.abs(value)) compensations[at]! += sum - total + value;
    else compensations[at]! += value - total + sum;
    sums[at] = total;
  }
}

/** Every point counts, histograms too. Source: spec AGG-3. */
export function addToCounts(kinds: Uint8Array, counts: Float64Array, base: number): void {
  for (let step = 0; step < kinds.length; step++) if (kinds[step] !== 0) counts[base + step]!++;
}

/** A NaN gives way to any number. Source: spec AGG-4. */
export function keepLeast(
  values: Float64Array,
  kinds: Uint8Array,
  least: Float64Array,
  seen: Uint8Array,
  base: number,
): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] !== FLOAT) continue;
    const at = base + step;
    const value = values[step]!;
    const kept = least[at]!;
    if (seen[at] === 0 || value < kept || kept !== kept) least[at] = value;
    seen[at] = 1;
  }
}

export function keepGreatest(
  values: Float64Array,
  kinds: Uint8Array,
  greatest: Float64Array,
  seen: Uint8Array,
  base: number,
): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] !== FLOAT) continue;
    const at = base + step;
    const value = values[step]!;
    const kept = greatest[at]!;
    if (seen[at] === 0 || value > kept || kept !== kept) greatest[at] = value;
    seen[at] = 1;
  }
}

/**
 * Welford's recurrence: `squares / counts` is the population variance. A first value that is not finite makes it
 * NaN. Source: Prometheus promql/engine.go, aggregation; spec AGG-6.
 */
export function addToVariances(
  values: Float64Array,
  kinds: Uint8Array,
  counts: Float64Array,
  means: Float64Array,
  squares: Float64Array,
  base: number,
): void {
  for (let step = 0; step < kinds.length; step++) {
    if (kinds[step] !== FLOAT) continue;
    const at = base + step;
    const value = values[step]!;
    const count = counts[at]! + 1;
    counts[at] = count;
    if (count === 1) {
      means[at] = value;
      squares[at] = value - value;
      continue;
    }
    const delta = value - means[at]!;
    const mean = means[at]! + delta / count;
    means[at] = mean;
    squares[at]! += delta * (value - mean);
  }
}
