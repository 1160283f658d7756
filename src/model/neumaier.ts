/**
 * What rounding has lost of a running sum once `added` is added to it: `lost` before, the return value after.
 * The sum itself becomes `sum + added`; the best result is sum plus lost. An infinite sum loses nothing.
 * Source: Prometheus util/kahansum, Inc; spec NUM-1.
 */
export function nextLost(sum: number, lost: number, added: number): number {
  const total = sum + added;
  if (total === Infinity || total === -Infinity) return 0;
  return Math.abs(sum) >= Math.abs(added) ? lost + (sum - total + added) : lost + (added - total + sum);
}
