import { anyFloat, type StepColumn } from "../exec/columns.ts";
import type { RangeInput, RangeWindows } from "../exec/windows.ts";
import { ExtendedRate } from "./extended-rate.ts";
import { HistogramRate } from "./histogram-rate.ts";
import {
  extrapolateCounter,
  extrapolateGauge,
  fillExtrapolation,
  findResets,
  type Extrapolation,
} from "./rate.kernel.ts";
import type { RateForm } from "./rate-form.ts";
import type { FunctionTable, RangeCall, RangeEvaluator, RangeFunction, RangeSeries } from "./registry.ts";

/** FN-18, FN-50. */
export const rateFunctions: FunctionTable = {
  rate: rateFunction({ isCounter: true, isRate: true }),
  increase: rateFunction({ isCounter: true, isRate: false }),
  delta: rateFunction({ isCounter: false, isRate: false }),
};

function rateFunction(form: RateForm): RangeFunction {
  return {
    kind: "range",
    keepsName: false,
    extensions: ["anchored", "smoothed"],
    open: (call) => (call.extension === undefined ? extrapolating(form, call) : extended(form, call)),
  };
}

function extrapolating(form: RateForm, call: RangeCall): RangeEvaluator {
  const rows = new RateRows(form, call.rangeMs / 1000);
  const histograms = new HistogramRate(form, call);
  const name = new CounterNameCheck(form, call);
  return {
    floats(input, out, series) {
      rows.compute(input, out);
      name.check(out, series);
    },
    mixed: (window, series) => histograms.compute(window, series),
  };
}

function extended(form: RateForm, call: RangeCall): RangeEvaluator {
  const rate = new ExtendedRate(form, call);
  const name = new CounterNameCheck(form, call);
  return {
    floats(input, out, series) {
      rate.computeFloats(input, out);
      name.check(out, series);
    },
    mixed: (window, series) => rate.computeHistograms(window, series),
  };
}

/** Float rows of one series after the other; keeps what their times give. */
class RateRows {
  readonly #form: RateForm;
  readonly #seconds: number;
  #windows: RangeWindows | undefined;
  #extrapolation: Extrapolation | undefined;
  #resets = new Int32Array(0);

  constructor(form: RateForm, rangeSeconds: number) {
    this.#form = form;
    this.#seconds = form.isRate ? rangeSeconds : 1;
  }

  compute({ times, values, count, windows }: RangeInput, out: StepColumn): void {
    const { from, to } = windows;
    const extrapolation = this.#extrapolationOf(times, windows);
    if (!this.#form.isCounter) {
      extrapolateGauge(values, from, to, extrapolation, out.values, out.kinds);
      return;
    }
    if (this.#resets.length < count) this.#resets = new Int32Array(count);
    const resetCount = findResets(values, from[0]!, to[to.length - 1]!, this.#resets);
    extrapolateCounter(
      values,
      from,
      to,
      extrapolation,
      this.#seconds,
      this.#resets,
      resetCount,
      out.values,
      out.kinds,
    );
  }

  #extrapolationOf(times: Float64Array, windows: RangeWindows): Extrapolation {
    if (this.#extrapolation === undefined || this.#windows !== windows) {
      const stepCount = windows.ends.length;
      this.#extrapolation ??= {
        sampled: new Float64Array(stepCount),
        toStart: new Float64Array(stepCount),
        toEnd: new Float64Array(stepCount),
      };
      const { ends, rangeMs, from, to } = windows;
      fillExtrapolation(times, ends, rangeMs, from, to, this.#extrapolation);
      this.#windows = windows;
    }
    return this.#extrapolation;
  }
}

const COUNTER_SUFFIXES = ["_total", "_sum", "_count", "_bucket"];

/** ANN-11 and ANN-12, for series that gave a float. */
class CounterNameCheck {
  readonly #form: RateForm;
  readonly #call: RangeCall;
  #checkedName: string | undefined;

  constructor(form: RateForm, call: RangeCall) {
    this.#form = form;
    this.#call = call;
  }

  check(out: StepColumn, series: RangeSeries): void {
    if (!this.#form.isCounter) return;
    const { context, argPos } = this.#call;
    const { annotations, features } = context;
    const name = series.metricName();
    if (features.typeAndUnitLabels) {
      const type = series.label("__type__");
      if (name === "" || type === "counter" || type === "histogram" || !anyFloat(out)) return;
      annotations.info(
        `metric might not be a counter, __type__ label is not set to "counter" or "histogram", got "${type}": "${name}"`,
        argPos,
      );
      return;
    }
    if (name === this.#checkedName || name === "") return;
    if (COUNTER_SUFFIXES.some((suffix) => name.endsWith(suffix))) {
      this.#checkedName = name;
    } else if (anyFloat(out)) {
      this.#checkedName = name;
      annotations.info(
        `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "${name}"`,
        argPos,
      );
    }
  }
}
