import { assert } from "../base/index.ts";
import { suggestion } from "./closest-name.ts";
import type { ConfigProblem } from "./errors.ts";
import { inactiveFeature } from "./inactive.ts";
import type { InactiveField } from "./server-types.ts";
import { isNull, type MappingTree, type Tree, type YamlSource } from "./yaml-tree.ts";

// The little language in which the blocks of the configuration file are written down: a block is a table with
// one line per field, and from it come reading, checking and printing.

/** What a value looks like when printed; `FlowList` goes on one line in brackets. */
export type Rendered = string | number | boolean | FlowList | readonly Rendered[] | RenderedBlock;
type RenderedBlock = { readonly [key: string]: Rendered };

export class FlowList {
  readonly items: readonly string[];

  constructor(items: readonly string[]) {
    this.items = items;
  }
}

/** How the value of a field is read and printed. */
export interface Type<T> {
  /** What null means. */
  readonly zero: T;
  /** Inside a list, a null entry is refused with this text; undefined: it means `zero`. */
  readonly nullEntry?: string;
  /** @throws Mismatch when nothing useful can be made of the tree; smaller faults go to `place.report`. */
  read(tree: Tree, place: Place): T;
  /** Undefined leaves the field out. */
  render(value: T): Rendered | undefined;
}

/** Thrown by `Type.read`; caught where the field is known. */
export class Mismatch extends Error {
  override readonly name = "Mismatch";
  readonly tree: Tree;

  constructor(tree: Tree, message: string) {
    super(message);
    this.tree = tree;
  }
}

/** What is shared while one set of files is read; `problems`, `inactive` and `warnings` grow. */
export interface Reading {
  readonly problems: ConfigProblem[];
  readonly inactive: InactiveField[];
  readonly warnings: string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly expandsEnvironment: boolean;
  readonly places: WeakMap<object, BlockPlace>; // Where the blocks that were read stand.
}

/** Where in which file the reader is. */
export class Place {
  readonly reading: Reading;
  readonly source: YamlSource;
  readonly directory: string; // Against which relative paths in the file are resolved.
  readonly path: string;

  constructor(reading: Reading, source: YamlSource, directory: string, path: string) {
    this.reading = reading;
    this.source = source;
    this.directory = directory;
    this.path = path;
  }

  /** The place of an entry, `key` being a name or `[3]`. */
  at(key: string): Place {
    const path = this.path === "" || key.startsWith("[") ? `${this.path}${key}` : `${this.path}.${key}`;
    return new Place(this.reading, this.source, this.directory, path);
  }

  report(offset: number, message: string): void {
    const { line, column } = this.source.locate(offset);
    this.reading.problems.push({ file: this.source.file, line, column, path: this.path, message });
  }
}

/** A block that was read, so that later checks can point at its keys. */
export class BlockPlace {
  readonly place: Place;
  readonly isFaulty: boolean; // Some key could not be read and has its default instead.
  readonly #tree: MappingTree;

  constructor(place: Place, tree: MappingTree, isFaulty: boolean) {
    this.place = place;
    this.isFaulty = isFaulty;
    this.#tree = tree;
  }

  /** Reports at `key` when the block has it, else at the block's start. */
  report(key: string, message: string): void {
    const entry = this.#tree.entries.get(key);
    if (entry === undefined) this.place.report(this.#tree.offset, message);
    else this.place.at(key).report(entry.keyOffset, message);
  }

  /** Whether the key is there with a value other than null. */
  has(key: string): boolean {
    const entry = this.#tree.entries.get(key);
    return entry !== undefined && !isNull(entry.value);
  }
}

/** One YAML key of a block, or another block whose keys stand among its own. */
export type Field<T> = KeyField<T> | InlineField<T>;

export interface KeyField<T> {
  readonly kind: "key";
  readonly key: string;
  readonly type: Type<T>;
  readonly fallback: T;
  readonly always: boolean; // Printed even when it is zero.
}

export interface InlineField<T> {
  readonly kind: "inline";
  readonly block: BlockType<T>;
}

export type BlockFields<Raw> = { readonly [Name in keyof Raw]-?: Field<Raw[Name]> };

/** The table of a block: a line per property. `Raw` is what the keys say, `Out` what becomes of it. */
export interface BlockTable<Raw extends object, Out = Raw> {
  readonly fields: BlockFields<Raw>;
  /** Checks what the keys say together and gives the block's value. */
  readonly finish: (raw: Raw, place: BlockPlace) => Out;
  readonly nullEntry?: string;
}

/** A block as a type, with what is needed to use it inline. */
export interface BlockType<T> extends Type<T> {
  readonly keys: readonly string[];
  readFields(tree: MappingTree, place: Place): T;
  renderFields(value: T): RenderedBlock;
}

/** A field with the default `fallback`, printed when it or its default is not zero. */
export function field<T>(key: string, type: Type<T>, fallback: T = type.zero): KeyField<T> {
  return { kind: "key", key, type, fallback, always: false };
}

/** A field that is printed even when it is zero. */
export function shownField<T>(key: string, type: Type<T>, fallback: T = type.zero): KeyField<T> {
  return { kind: "key", key, type, fallback, always: true };
}

export function inline<T>(block: BlockType<T>): InlineField<T> {
  return { kind: "inline", block };
}

/**
 * A mapping with exactly the keys of the table. Every fault of every key is reported; a faulty field keeps its
 * default, so that the rest can be checked. Source: spec CFG-3, CFG-8.
 */
export function block<Raw extends object, Out = Raw>(table: BlockTable<Raw, Out>): BlockType<Out> {
  const fields = Object.entries(table.fields) as [keyof Raw & string, Field<unknown>][];
  const keys = fields.flatMap(([, each]) => (each.kind === "key" ? [each.key] : each.block.keys));
  assert(new Set(keys).size === keys.length, `keys of a block to differ, got ${keys.join(" ")}`);
  const known = new Set(keys);

  function readFields(tree: MappingTree, place: Place): Out {
    const raw: Partial<Record<keyof Raw, unknown>> = {};
    const problemCount = place.reading.problems.length;
    for (const [name, each] of fields) {
      raw[name] = each.kind === "key" ? readKey(each, tree, place) : each.block.readFields(tree, place);
    }
    const blockPlace = new BlockPlace(place, tree, place.reading.problems.length > problemCount);
    const value = table.finish(raw as Raw, blockPlace);
    if (typeof value === "object" && value !== null) place.reading.places.set(value, blockPlace);
    return value;
  }

  function renderFields(value: Out): RenderedBlock {
    const rendered: Record<string, Rendered> = {};
    const values = value as Readonly<Record<string, unknown>>;
    for (const [name, each] of fields) {
      const one = values[name];
      if (one === undefined) continue;
      if (each.kind === "inline") Object.assign(rendered, each.block.renderFields(one));
      else renderKey(each, one, rendered);
    }
    return rendered;
  }

  const zero = emptyBlock(readFields);
  return {
    zero,
    keys,
    ...(table.nullEntry === undefined ? {} : { nullEntry: table.nullEntry }),
    readFields,
    renderFields,
    read(tree, place) {
      if (tree.kind !== "mapping") throw mismatch(tree, "a mapping of keys to values");
      for (const entry of tree.entries.values()) {
        if (known.has(entry.key)) continue;
        place.at(entry.key).report(entry.keyOffset, unknownField(entry.key, keys));
      }
      return readFields(tree, place);
    },
    render(value) {
      const rendered = renderFields(value);
      return Object.keys(rendered).length === 0 ? undefined : rendered;
    },
  };
}

// The value of a block that is not in the file. What its checks say about missing keys is for nobody to see.
function emptyBlock<Out>(readFields: (tree: MappingTree, place: Place) => Out): Out {
  const nowhere: Reading = {
    problems: [],
    inactive: [],
    warnings: [],
    environment: {},
    expandsEnvironment: false,
    places: new WeakMap(),
  };
  const source: YamlSource = { file: "", locate: () => ({ line: 0, column: 0 }) };
  const tree: MappingTree = { kind: "mapping", offset: 0, entries: new Map() };
  return readFields(tree, new Place(nowhere, source, "", ""));
}

function readKey(each: KeyField<unknown>, tree: MappingTree, parent: Place): unknown {
  const entry = tree.entries.get(each.key);
  if (entry === undefined) return each.fallback;
  const place = parent.at(each.key);
  // A null list or block is one that is absent; a null number, text or duration is the zero one.
  if (isNull(entry.value)) return isPlainValue(each.type.zero) ? each.type.zero : each.fallback;
  const value = readOr(each.type, entry.value, place, each.fallback);
  const feature = inactiveFeature(each.key, value);
  if (feature !== undefined) {
    const { line } = place.source.locate(entry.keyOffset);
    place.reading.inactive.push({ file: place.source.file, line, path: place.path, feature });
  }
  return value;
}

/** Reads `tree`, or reports why it cannot be read and gives `fallback`. */
export function readOr<T>(type: Type<T>, tree: Tree, place: Place, fallback: T): T {
  try {
    return type.read(tree, place);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    place.report(error.tree.offset, error.message);
    return fallback;
  }
}

function renderKey(each: KeyField<unknown>, value: unknown, rendered: Record<string, Rendered>): void {
  const shown = each.always || !isZero(value) || !isZero(each.fallback);
  const one = shown ? each.type.render(value) : undefined;
  if (one !== undefined) rendered[each.key] = one;
}

function isPlainValue(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== "object" || value === null) return false;
  return Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0;
}

const KEYS_SHOWN_MAX = 8;

function unknownField(key: string, keys: readonly string[]): string {
  const hint = suggestion(key, keys);
  if (hint !== "" || keys.length > KEYS_SHOWN_MAX) return `unknown field${hint}`;
  return `unknown field, expected one of ${keys.join(", ")}`;
}

/** `expected a duration, got the list …`. */
export function mismatch(tree: Tree, expected: string): Mismatch {
  return new Mismatch(tree, `expected ${expected}, got ${describe(tree)}`);
}

function describe(tree: Tree): string {
  if (tree.kind === "sequence") return "a list";
  if (tree.kind === "mapping") return "a mapping";
  const text = tree.text.length > 40 ? `${tree.text.slice(0, 40)}…` : tree.text;
  if (isNull(tree)) return "nothing";
  return tree.plain ? `\`${text}\`` : `the quoted text "${text}"`;
}
