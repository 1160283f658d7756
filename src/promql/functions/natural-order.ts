import { compareText } from "../../model/index.ts";

const RUNS = /\d+|\D+/g;

/**
 * Order of texts in which runs of digits compare as numbers: `a2` before `a10`. Runs of digits too long for an int64
 * compare as text. Source: spec FN-13.
 */
export function compareNaturally(a: string, b: string): number {
  const runsA = a.match(RUNS) ?? [];
  const runsB = b.match(RUNS) ?? [];
  const shared = Math.min(runsA.length, runsB.length);
  for (let i = 0; i < shared; i++) {
    const order = compareRuns(runsA[i]!, runsB[i]!);
    if (order !== 0) return order;
  }
  return runsA.length - runsB.length;
}

const INT64_MAX = 9_223_372_036_854_775_807n;

function compareRuns(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareText(a, b);
  const numberA = BigInt(a);
  const numberB = BigInt(b);
  if (numberA > INT64_MAX || numberB > INT64_MAX || numberA === numberB) return compareText(a, b);
  return numberA < numberB ? -1 : 1;
}
