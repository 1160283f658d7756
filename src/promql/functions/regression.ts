import { setFloat } from "../exec/columns.ts";
import { stepTime } from "../exec/grid.ts";
import { fitLine } from "./regression.kernel.ts";
import type { FunctionTable } from "./registry.ts";

/** FN-23, FN-24. */
export const regressionFunctions: FunctionTable = {
  deriv: {
    kind: "range",
    keepsName: false,
    open() {
      const fit = new Float64Array(2);
      return {
        floats({ times, values, windows: { from, to } }, out) {
          for (let step = 0; step < from.length; step++) {
            if (to[step]! - from[step]! < 2) continue;
            // Any origin near the samples will do; Prometheus takes the first.
            fitLine(times, values, from[step]!, to[step]!, times[from[step]!]!, fit);
            setFloat(out, step, fit[0]!);
          }
        },
      };
    },
  },
  predict_linear: {
    kind: "range",
    keepsName: false,
    open({ grid, args: [ahead] }) {
      const fit = new Float64Array(2);
      return {
        floats({ times, values, windows: { from, to } }, out) {
          for (let step = 0; step < from.length; step++) {
            if (to[step]! - from[step]! < 2) continue;
            fitLine(times, values, from[step]!, to[step]!, stepTime(grid, step), fit);
            setFloat(out, step, fit[0]! * ahead![step]! + fit[1]!);
          }
        },
      };
    },
  },
};
