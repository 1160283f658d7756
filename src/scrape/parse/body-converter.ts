import { bitsOf, fillAbsent, METRIC_NAME, parseGoFloat, type Histogram } from "../../model/index.ts";
import { nativeOfClassic } from "./classic-histogram.ts";
import { ExpositionError } from "./exposition-error.ts";
import { HISTOGRAM_TYPE, SUMMARY_TYPE } from "./family-type.ts";
import { OriginFinder } from "./origin-finder.ts";
import { decodeSeries } from "./series-text.ts";
import { gapStart, SkeletonBuilder, textEnd, type Skeleton, type SlotTexts } from "./skeleton.ts";
import type { SkeletonInterner } from "./skeleton-interner.ts";
import { SlotText } from "./slot-text.ts";
import type { ParsedBody } from "./text-parser.ts";

type Part = "bucket" | "count" | "sum";

// A slot of a classic histogram, or, without part, of another series of type histogram.
interface Member {
  readonly part: Part | undefined;
  /** Name and labels without `le`, name and value in turn; */
  readonly labels: readonly string[];
  /** the same as one text. */
  readonly key: string;
  readonly bound: number;
}

// The slots of one classic histogram.
interface Group {
  readonly labels: readonly string[];
  readonly buckets: number[];
  readonly bounds: number[];
  count: number | undefined;
  sum: number | undefined;
  last: number;
}

// How a skeleton is converted: what the slots of the new one come from.
interface Plan {
  readonly skeleton: Skeleton;
  /** By slot: slot before the conversion, or `-1 - g` for the histogram made of group `g`. */
  readonly sources: Int32Array;
  /** By slot before the conversion: where it or its histogram went. */
  readonly slots: Int32Array;
  readonly groups: readonly Group[];
  /** Slots with the slot, before the conversion, of the line that tells their start. */
  readonly created: readonly { readonly slot: number; readonly source: number }[];
}

const SUFFIXES: readonly (readonly [string, Part])[] = [
  ["_bucket", "bucket"],
  ["_count", "count"],
  ["_sum", "sum"],
];
const CREATED = "_created";
const GONE = -1;
const COUNTER_TYPE = 1;
const TYPES_WITH_START: ReadonlySet<number> = new Set([COUNTER_TYPE, HISTOGRAM_TYPE, SUMMARY_TYPE]);
const NO_ORIGINS: Int32Array = new Int32Array(0);

/** What is done to bodies after they were read. */
export interface ConversionRules {
  /** Make native histograms with custom buckets of classic ones (NH-1 to NH-4). */
  readonly convertsClassic: boolean;
  /** Keep the classic series beside them. */
  readonly keepsClassic: boolean;
  /** Take `_created` lines as start times instead of samples (OM-10). */
  readonly takesCreated: boolean;
}

/** Brings bodies that were read into the form in which they are stored. */
export class BodyConverter {
  readonly #interner: SkeletonInterner;
  readonly #origins: OriginFinder;
  readonly #builder = new SkeletonBuilder();
  // By the rules in one number, then by skeleton.
  readonly #plans = new Map<number, WeakMap<Skeleton, Plan>>();
  readonly #sources = new WeakMap<Skeleton, Skeleton>();
  #values = new Float64Array(64);
  #bits: Uint32Array = bitsOf(this.#values);
  #times = new Float64Array(64);
  #lostCount = 0;

  constructor(options: { readonly interner: SkeletonInterner; readonly hashSeed: number }) {
    this.#interner = options.interner;
    this.#origins = new OriginFinder(options.hashSeed);
  }

  /** The skeleton from which a converted one was made; itself when it is none. */
  sourceOf(skeleton: Skeleton | undefined): Skeleton | undefined {
    return skeleton === undefined ? undefined : (this.#sources.get(skeleton) ?? skeleton);
  }

  /** `hint` is the converted skeleton of the last body. The result is valid until the next call. */
  convert(body: ParsedBody, hint: Skeleton | undefined, rules: ConversionRules): ParsedBody {
    const known = hint?.format === body.skeleton.format ? hint : undefined;
    if (body.error !== undefined) {
      return { ...body, changed: true, origins: this.#origins.find(textsOf(body.skeleton), known).origins };
    }
    const plan = this.#planOf(body.skeleton, rules);
    this.#sources.set(plan.skeleton, body.skeleton);
    const { skeleton } = plan;
    const histograms = new Map<number, Histogram>();
    const error = this.#fill(body, plan, histograms);
    const isSame = skeleton === hint && error === undefined;
    return {
      slotCount: skeleton.slotCount,
      values: this.#values,
      bits: this.#bits,
      times: this.#times,
      skeleton,
      changed: !isSame,
      origins: isSame ? NO_ORIGINS : this.#origins.find(textsOf(skeleton), known).origins,
      lostCount: this.#lostCount,
      histograms,
      exemplars: body.exemplars
        .map((exemplar) => ({ ...exemplar, slot: plan.slots[exemplar.slot]! }))
        .filter(({ slot }) => slot >= 0),
      starts: [
        ...body.starts.map(({ slot, time }) => ({ slot: plan.slots[slot]!, time })),
        ...createdStarts(body, plan),
      ],
      error,
    };
  }

  #fill(body: ParsedBody, plan: Plan, histograms: Map<number, Histogram>): ExpositionError | undefined {
    const { sources, skeleton } = plan;
    this.#reserve(sources.length);
    this.#lostCount = 0;
    for (let slot = 0; slot < sources.length; slot++) {
      const source = sources[slot]!;
      if (source >= 0) {
        this.#bits[2 * slot] = body.bits[2 * source]!;
        this.#bits[2 * slot + 1] = body.bits[2 * source + 1]!;
        this.#times[slot] = body.times[source]!;
        const histogram = body.histograms.get(source);
        if (histogram !== undefined) histograms.set(slot, histogram);
        continue;
      }
      const group = plan.groups[-1 - source]!;
      this.#times[slot] = body.times[group.last]!;
      fillAbsent(this.#bits, slot, slot + 1);
      const made = nativeOfClassic({
        bounds: group.bounds,
        counts: group.buckets.map((bucket) => body.values[bucket]!),
        count: group.count === undefined ? undefined : body.values[group.count]!,
        sum: group.sum === undefined ? 0 : body.values[group.sum]!,
      });
      if (typeof made !== "string") histograms.set(slot, made);
      // The text formats pass over a wrong one (NH-2).
      else if (skeleton.format === "protobuf") {
        return new ExpositionError(`can't convert classic histogram ${group.labels[1]}: ${made}`);
      } else this.#lostCount++;
    }
    return undefined;
  }

  #planOf(skeleton: Skeleton, rules: ConversionRules): Plan {
    const number =
      (rules.convertsClassic ? 1 : 0) + (rules.keepsClassic ? 2 : 0) + (rules.takesCreated ? 4 : 0);
    const plans = this.#plans.get(number) ?? new WeakMap<Skeleton, Plan>();
    this.#plans.set(number, plans);
    const plan = plans.get(skeleton) ?? this.#plan(skeleton, rules);
    plans.set(skeleton, plan);
    return plan;
  }

  #plan(skeleton: Skeleton, { convertsClassic, keepsClassic, takesCreated }: ConversionRules): Plan {
    const builder = this.#builder;
    builder.reset(skeleton.format);
    const sources: number[] = [];
    const slots = new Int32Array(skeleton.slotCount);
    const groups: Group[] = [];
    let carried: Uint8Array = NOTHING; // Metadata before slots that are left out.
    let group: Group | undefined;
    let groupKey = "";
    let nativeKey = "";
    let members: number[] = [];
    const endGroup = (): void => {
      if (group === undefined) return;
      const made = addHistogram(builder, carried, group, skeleton.timed[group.last]!);
      carried = NOTHING;
      for (const member of members) slots[member] = made;
      sources.push(-groups.length);
      group = undefined;
    };
    for (let slot = 0; slot < skeleton.slotCount; slot++) {
      const member = convertsClassic ? memberOf(skeleton, slot) : undefined;
      const isStart = takesCreated && isCreated(skeleton, slot);
      const isPart = member?.part !== undefined && member.key !== nativeKey;
      if (!isPart || member.key !== groupKey) endGroup();
      if (member !== undefined && member.part === undefined) nativeKey = member.key;
      if (isPart) {
        if (group === undefined) {
          group = {
            labels: member.labels,
            buckets: [],
            bounds: [],
            count: undefined,
            sum: undefined,
            last: slot,
          };
          groups.push(group);
          groupKey = member.key;
          members = [];
        }
        addPart(group, member, slot);
        members.push(slot);
      }
      const from = gapStart(skeleton, slot);
      const gap = skeleton.bytes.subarray(from, skeleton.gapEnds[slot]);
      const textOffset = skeleton.textStarts[slot]! - from;
      if (isStart) slots[slot] = GONE;
      if (isStart || (isPart && !keepsClassic)) {
        carried = joined(carried, gap.subarray(0, textOffset));
        continue;
      }
      builder.addSlot(joined(carried, gap), carried.length + textOffset, skeleton.types[slot]!);
      carried = NOTHING;
      builder.setTimed(builder.slotCount - 1, skeleton.timed[slot] === 1);
      slots[slot] = sources.length;
      sources.push(slot);
    }
    endGroup();
    builder.addTail(joined(carried, skeleton.bytes.subarray(gapStart(skeleton, skeleton.slotCount))));
    const { repeats } = this.#origins.find(builder.texts(), undefined);
    builder.repeats = repeats;
    const created = takesCreated ? createdOf(skeleton, slots) : [];
    return {
      skeleton: this.#interner.intern(builder),
      sources: Int32Array.from(sources),
      slots,
      groups,
      created,
    };
  }

  #reserve(slots: number): void {
    if (slots <= this.#values.length) return;
    this.#values = new Float64Array(2 * slots);
    this.#bits = bitsOf(this.#values);
    this.#times = new Float64Array(2 * slots);
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

function memberOf(skeleton: Skeleton, slot: number): Member | undefined {
  if (skeleton.types[slot] !== HISTOGRAM_TYPE) return undefined;
  const pairs = decodeSeries(
    skeleton.bytes,
    skeleton.textStarts[slot]!,
    textEnd(skeleton, slot),
    HISTOGRAM_TYPE,
  );
  const name = pairs[1]!;
  const leAt = pairs.findIndex((text, i) => i > 0 && i % 2 === 0 && text === "le");
  const bound = leAt < 0 ? undefined : parseGoFloat(pairs[leAt + 1]!);
  const others = leAt < 0 ? pairs.slice(2) : [...pairs.slice(2, leAt), ...pairs.slice(leAt + 2)];
  for (const [suffix, part] of SUFFIXES) {
    if (!name.endsWith(suffix) || name.length === suffix.length) continue;
    if (part === "bucket" && bound === undefined) break;
    return memberWith(part, name.slice(0, -suffix.length), others, bound ?? 0);
  }
  return memberWith(undefined, name, others, 0);
}

function memberWith(part: Part | undefined, name: string, others: readonly string[], bound: number): Member {
  const sorted: string[] = [];
  for (let i = 0; i < others.length; i += 2) sorted.push(JSON.stringify([others[i], others[i + 1]]));
  return { part, labels: [METRIC_NAME, name, ...others], key: [name, ...sorted.toSorted()].join(), bound };
}

function addPart(group: Group, { part, bound }: Member, slot: number): void {
  group.last = slot;
  if (part === "count") group.count ??= slot;
  else if (part === "sum") group.sum ??= slot;
  else {
    group.buckets.push(slot);
    group.bounds.push(bound);
  }
}

// Adds the slot of the native histogram; gives it.
function addHistogram(builder: SkeletonBuilder, before: Uint8Array, group: Group, timed: number): number {
  const text = new SlotText();
  text.begin();
  text.beginText(Buffer.from(group.labels[1]!), NOTHING);
  for (let i = 2; i < group.labels.length; i += 2) {
    text.addLabel(Buffer.from(group.labels[i]!), Buffer.from(group.labels[i + 1]!));
  }
  text.endText();
  const slot = builder.slotCount;
  builder.addSlot(joined(before, text.gap), before.length + text.textStart, HISTOGRAM_TYPE);
  builder.setTimed(slot, timed === 1);
  return slot;
}

// Whether the slot's line tells a start time.
function isCreated(skeleton: Skeleton, slot: number): boolean {
  if (!TYPES_WITH_START.has(skeleton.types[slot]!)) return false;
  return decodeSeries(skeleton.bytes, skeleton.textStarts[slot]!, textEnd(skeleton, slot), 0)[1]!.endsWith(
    CREATED,
  );
}

// For each slot that is left, the line with its start: of the same family, with the same labels but le and quantile.
function createdOf(skeleton: Skeleton, slots: Int32Array): Plan["created"] {
  const byKey = new Map<string, number>();
  for (let source = 0; source < slots.length; source++) {
    if (slots[source] === GONE) byKey.set(startKey(skeleton, source), source);
  }
  const created = new Map<number, number>(); // The slots of one histogram share theirs.
  if (byKey.size === 0) return [];
  for (let source = 0; source < slots.length; source++) {
    if (slots[source]! < 0 || !TYPES_WITH_START.has(skeleton.types[source]!)) continue;
    const start = byKey.get(startKey(skeleton, source));
    if (start !== undefined) created.set(slots[source]!, start);
  }
  return [...created].map(([slot, source]) => ({ slot, source }));
}

function startKey(skeleton: Skeleton, slot: number): string {
  const pairs = decodeSeries(skeleton.bytes, skeleton.textStarts[slot]!, textEnd(skeleton, slot), 0);
  const labels: string[] = [];
  for (let i = 2; i < pairs.length; i += 2) {
    if (pairs[i] !== "le" && pairs[i] !== "quantile") labels.push(JSON.stringify([pairs[i], pairs[i + 1]]));
  }
  return [pairs[1]!.replace(/_(?:created|total|bucket|count|sum)$/, ""), ...labels.toSorted()].join();
}

function createdStarts(body: ParsedBody, { created }: Plan): { slot: number; time: number }[] {
  const starts: { slot: number; time: number }[] = [];
  for (const { slot, source } of created) {
    const time = Math.trunc(body.values[source]! * 1000);
    if (Number.isSafeInteger(time)) starts.push({ slot, time });
  }
  return starts;
}

function textsOf({ bytes, view, slotCount, textStarts, gapEnds }: Skeleton): SlotTexts {
  return { body: { bytes, view, length: bytes.length }, slotCount, starts: textStarts, ends: gapEnds };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
