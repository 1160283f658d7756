// Names are compared as they are typed: letters without their case, one step for a letter that is missing, too many,
// wrong, or swapped with its neighbour.

/** Longer texts are no words that somebody mistyped. */
const LENGTH_MAX = 128;
/** Looked at, so that a hint stays cheap among millions of values. */
const CANDIDATES_MAX = 100_000;

/** The candidate most like `text`, of equals the first; undefined when none is near. */
export function nearestText(text: string, candidates: readonly string[]): string | undefined {
  const wanted = text.toLowerCase();
  if (wanted.length > LENGTH_MAX) return undefined;
  let best: string | undefined;
  // One letter in three may differ.
  let bestSteps = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (let i = 0; i < candidates.length && i < CANDIDATES_MAX; i++) {
    const candidate = candidates[i]!;
    if (candidate === text) continue;
    if (Math.abs(candidate.length - wanted.length) >= bestSteps) continue;
    const steps = editSteps(wanted, candidate.toLowerCase(), bestSteps);
    if (steps >= bestSteps) continue;
    best = candidate;
    bestSteps = steps;
  }
  return best ?? containing(wanted, candidates);
}

// A part of a name is often all that is remembered.
function containing(wanted: string, candidates: readonly string[]): string | undefined {
  if (wanted.length < 4) return undefined;
  return candidates
    .slice(0, CANDIDATES_MAX)
    .find((candidate) => candidate.length > wanted.length && candidate.toLowerCase().includes(wanted));
}

/** Steps from one text to the other, or `enough` when there are as many or more. */
function editSteps(a: string, b: string, enough: number): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const differs = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1;
      let steps = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + differs);
      const isSwap =
        i > 1 &&
        j > 1 &&
        a.charCodeAt(i - 1) === b.charCodeAt(j - 2) &&
        a.charCodeAt(i - 2) === b.charCodeAt(j - 1);
      if (isSwap) steps = Math.min(steps, before[j - 2]! + 1);
      row.push(steps);
      if (steps < least) least = steps;
    }
    if (least >= enough) return enough;
    before = last;
    last = row;
  }
  return Math.min(last[b.length]!, enough);
}
