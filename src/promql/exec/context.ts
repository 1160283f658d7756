import { filterLabels, labelValue, METRIC_NAME, millis } from "../../model/index.ts";
import type { Labels, Matcher, Millis } from "../../model/index.ts";
import type { Queryable, Selection } from "../../storage/index.ts";
import type { Annotations } from "./annotations.ts";
import type { SampleBudget } from "./budget.ts";
import type { Guard } from "./guard.ts";
import type { SampleCounts } from "./statistics.ts";

/** Switches of the language that a server's feature flags set. */
export interface EngineFeatures {
  readonly delayedNameRemoval: boolean; // SEM-15
  readonly typeAndUnitLabels: boolean; // SEM-13, ANN-12
}

/** The query as asked for; parts of it may be evaluated over other steps. */
interface QueryWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number; // 0 in an instant query.
}

/** What all parts of one evaluation share. */
export interface EvalContext {
  readonly queryable: Queryable;
  readonly query: QueryWindow;
  readonly lookbackMs: number;
  readonly features: EngineFeatures;
  readonly annotations: Annotations;
  readonly budget: SampleBudget;
  readonly guard: Guard;
  readonly selections: SelectionCache;
  /** Where the part under evaluation counts its samples. */
  readonly counts: SampleCounts;
}

/** Opens each selection once, however often the query names it, and closes them all at the end. */
export class SelectionCache {
  readonly #queryable: Queryable;
  readonly #open = new Map<string, Selection>();

  constructor(queryable: Queryable) {
    this.#queryable = queryable;
  }

  select(matchers: readonly Matcher[], from: number, to: number): Selection {
    const key = JSON.stringify([from, to, matchers.map((m) => [m.name, m.kind, m.value])]);
    let selection = this.#open.get(key);
    if (selection === undefined) {
      selection = this.#queryable.select({ matchers, from: toMillis(from), to: toMillis(to) });
      this.#open.set(key, selection);
    }
    return selection;
  }

  close(): void {
    for (const selection of this.#open.values()) selection.close();
    this.#open.clear();
  }
}

// Times near the ends of int64 are asked for by `@` and offsets; no sample lies beyond the safe integers.
function toMillis(time: number): Millis {
  return millis(Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, time)));
}

/** The labels that most functions and operators remove (SEM-13). */
export function isReservedLabel(name: string, features: EngineFeatures): boolean {
  return name === METRIC_NAME || (features.typeAndUnitLabels && (name === "__type__" || name === "__unit__"));
}

/** The set without metric name (and without type and unit, where they count as part of it). */
export function withoutReserved(labels: Labels, features: EngineFeatures): Labels {
  if (!features.typeAndUnitLabels && labelValue(labels, METRIC_NAME) === "") return labels;
  return filterLabels(labels, (name) => !isReservedLabel(name, features));
}
