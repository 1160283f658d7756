import type { BlockSelection } from "./contract.ts";
import { damageWarning } from "./errors.ts";

/** What is selected from a block whose file cannot be opened: no series, and a warning. */
export function missingBlockSelection(path: string): BlockSelection {
  const noSeries = (): never => {
    throw new RangeError(`no series of ${path} can be read`);
  };
  return {
    seriesCount: 0,
    seriesNumber: noSeries,
    labelPairs: noSeries,
    describe: () => ({
      path,
      numbers: undefined,
      from: 0,
      to: 0,
      deleted: new Map(),
      isIncomplete: true,
    }),
    labels: noSeries,
    read: noSeries,
    readColumn: noSeries,
    warnings: () => [damageWarning(path)],
    close: () => undefined,
  };
}
