import { filterLabels, METRIC_NAME, millis } from "../../model/index.ts";
import type { Labels, Matcher, Millis } from "../../model/index.ts";
import type { Queryable, Selection } from "../../storage/index.ts";
import type { Annotations } from "./annotations.ts";
import type { SampleBudget } from "./budget.ts";
import type { Guard } from "./guard.ts";
import type { MemoryBudget } from "./memory.ts";
import type { Profile } from "./profile.ts";
import type { SampleCounts } from "./statistics.ts";

/** Switches of the language that a server's feature flags set. */
export interface EngineFeatures {
  readonly delayedNameRemoval: boolean; // SEM-15
  readonly typeAndUnitLabels: boolean; // ANN-12
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
  readonly memory: MemoryBudget;
  readonly guard: Guard;
  readonly selections: SelectionCache;
  /** Where the part under evaluation counts its samples. */
  readonly counts: SampleCounts;
  /** Undefined: nothing is measured. */
  readonly profile: Profile | undefined;
}

const TYPE_LABEL = "__type__";
const UNIT_LABEL = "__unit__";

/** Opens each selection once, however often the query names it, and closes them all at the end. */
export class SelectionCache {
  readonly #queryable: Queryable;
  readonly #profile: Profile | undefined;
  readonly #open = new Map<string, Selection>();
  readonly #warnings = new Set<string>(); // Of those that were closed.

  constructor(queryable: Queryable, profile: Profile | undefined) {
    this.#queryable = queryable;
    this.#profile = profile;
  }

  select(matchers: readonly Matcher[], from: number, to: number): Selection {
    const key = JSON.stringify([from, to, matchers.map((m) => [m.name, m.kind, m.value])]);
    let selection = this.#open.get(key);
    if (selection === undefined) {
      const selected = this.#queryable.select({ matchers, from: toMillis(from), to: toMillis(to) });
      selection = this.#profile?.selection(selected) ?? selected;
      this.#open.set(key, selection);
    }
    return selection;
  }

  /** Whether any series of the range has a label for its type or unit, by which alone two may differ. */
  hasTypedSeries(from: number, to: number): boolean {
    const request = { matchers: [], from: toMillis(from), to: toMillis(to) };
    return [TYPE_LABEL, UNIT_LABEL].some((name) => this.#queryable.labelValues(name, request).length > 0);
  }

  /** What the store has to say of all that was read. */
  warnings(): string[] {
    this.#collectWarnings();
    return [...this.#warnings];
  }

  #collectWarnings(): void {
    for (const selection of this.#open.values()) {
      for (const warning of selection.warnings?.() ?? []) this.#warnings.add(warning);
    }
  }

  close(): void {
    this.#collectWarnings();
    for (const selection of this.#open.values()) selection.close();
    this.#open.clear();
  }
}

// Times near the ends of int64 are asked for by `@` and offsets; no sample lies beyond the safe integers.
function toMillis(time: number): Millis {
  return millis(Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, time)));
}

/** The labels that most functions and operators remove: what kind of metric a series is of (SEM-13). */
export function isReservedLabel(name: string): boolean {
  return name === METRIC_NAME || name === TYPE_LABEL || name === UNIT_LABEL;
}

/** The set without metric name, type and unit. */
export function withoutReserved(labels: Labels): Labels {
  return filterLabels(labels, isOrdinaryLabel);
}

function isOrdinaryLabel(name: string): boolean {
  return !isReservedLabel(name);
}
