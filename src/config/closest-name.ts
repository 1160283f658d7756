/**
 * The candidate that `text` was probably meant to be, or undefined when none is near: at most a third of its
 * letters may be wrong, counting a swap of neighbours as one.
 */
export function closestName(text: string, candidates: Iterable<string>): string | undefined {
  let closest: string | undefined;
  let fewest = Math.floor(Math.max(text.length, 3) / 3) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) >= fewest) continue;
    const mistakes = countMistakes(text, candidate);
    if (mistakes < fewest) {
      fewest = mistakes;
      closest = candidate;
    }
  }
  return closest;
}

/** `(did you mean scrape_interval?)` with a space in front, or "" when nothing is near. */
export function suggestion(text: string, candidates: Iterable<string>): string {
  const closest = closestName(text, candidates);
  return closest === undefined ? "" : ` (did you mean ${closest}?)`;
}

// Optimal string alignment: inserted, missing, wrong and swapped letters each count one.
function countMistakes(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let fewest = Math.min(last[column - 1]! + (same ? 0 : 1), last[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) fewest = Math.min(fewest, beforeLast[column - 2]! + 1);
      current.push(fewest);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
