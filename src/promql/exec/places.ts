import { PromqlExecutionError } from "../errors.ts";

// What is computed for several series at once stands in dense columns, a place for each series and step whether or not
// there is a point. A query over series that come and go may need many more places than it has points; beyond this
// it is refused instead of taking the process down. 2^27 places are about 1.2 GB.
const PLACES_MAX = 2 ** 27;

/** @throws PromqlExecutionError when that many places are too many to be held at once. */
export function checkPlaces(seriesCount: number, stepCount: number): void {
  if (seriesCount * stepCount <= PLACES_MAX) return;
  throw new PromqlExecutionError(
    `query would hold ${seriesCount} series at ${stepCount} steps at once, more than ${PLACES_MAX} points; ` +
      "ask for fewer series, a shorter range or a longer step",
  );
}
