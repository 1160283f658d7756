import { multiplyHistogram } from "../../model/index.ts";
import { FLOAT, HISTOGRAM, type VectorStream } from "./columns.ts";
import type { EvalContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";
import { mergeEqualSeries } from "./merge.ts";
import { createVectorStream, resultNaming } from "./stream.ts";

/** Unary minus on a vector (BIN-18, SEM-13, SEM-14). */
export function negate(input: VectorStream, grid: StepGrid, context: EvalContext): VectorStream {
  const stream = createVectorStream(context, {
    seriesCount: input.seriesCount,
    uniqueWithoutName: input.uniqueWithoutName,
    ...resultNaming(input, context, false),
    read(index, into) {
      input.read(index, into);
      const { values, kinds, histograms } = into;
      for (let step = 0; step < values.length; step++) {
        if (kinds[step] === FLOAT) values[step] = -values[step]!;
        else if (kinds[step] === HISTOGRAM) histograms[step] = multiplyHistogram(histograms[step]!, -1);
      }
    },
    inputs: [input],
  });
  return context.features.delayedNameRemoval ? stream : mergeEqualSeries(stream, grid, context);
}
