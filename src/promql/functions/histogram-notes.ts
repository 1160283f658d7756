import type { CombinedHistogram } from "../../model/index.ts";
import type { Annotations } from "../exec/annotations.ts";
import type { Position } from "../parse/ast.ts";

/** Whatever an annotation names. */
export interface Named {
  metricName(): string;
}

/** The annotations that functions of histograms share, at one position. Spec §10. */
export class HistogramNotes {
  readonly #annotations: Annotations;
  readonly #pos: Position;

  constructor(annotations: Annotations, pos: Position) {
    this.#annotations = annotations;
    this.#pos = pos;
  }

  /** ANN-3. */
  mixedSamples(series: Named): void {
    this.#warn(`encountered a mix of histograms and floats for metric name "${series.metricName()}"`);
  }

  /** ANN-6. */
  notCounter(series: Named): void {
    this.#warn(`this native histogram metric is not a counter: "${series.metricName()}"`);
  }

  /** ANN-7. */
  notGauge(series: Named): void {
    this.#warn(`this native histogram metric is not a gauge: "${series.metricName()}"`);
  }

  /** ANN-8; gives undefined, which is what becomes of the result. */
  mixedSchemas(series: Named): undefined {
    this.#warn(
      "vector contains a mix of histograms with exponential and custom buckets schemas for metric name " +
        `"${series.metricName()}"`,
    );
    return undefined;
  }

  /** ANN-22 and ANN-23, where they apply. */
  combined(result: CombinedHistogram, operation: "addition" | "subtraction" | "aggregation"): void {
    if (result.collision) this.#warn(`conflicting counter resets during histogram ${operation}`);
    this.reconciled(result, operation);
  }

  /** ANN-23, where it applies. */
  reconciled(result: CombinedHistogram, operation: "addition" | "subtraction" | "aggregation"): void {
    if (result.reconciled) {
      this.#annotations.info(`mismatched custom buckets were reconciled during ${operation}`, this.#pos);
    }
  }

  #warn(text: string): void {
    this.#annotations.warn(text, this.#pos);
  }
}
