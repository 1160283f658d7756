import type { Queryable } from "../../storage/index.ts";

/** More series than that take longer than a query may on the main thread. */
const SERIES_MAX = 3000;

/** The query takes too long for the calling thread. */
export class TooLong extends Error {}

/** The same store, of which only few series at a time can be selected. Its selections throw `TooLong` for more. */
export function shortSelections(queryable: Queryable): Queryable {
  return {
    select(request) {
      const selection = queryable.select(request);
      if (selection.seriesCount <= SERIES_MAX) return selection;
      selection.close();
      throw new TooLong();
    },
    series: (request) => queryable.series(request),
    labelNames: (request) => queryable.labelNames(request),
    labelValues: (name, request) => queryable.labelValues(name, request),
  };
}
