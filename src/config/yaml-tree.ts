import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  Parser,
  type Document,
  type Pair,
  type ParsedNode,
  type YAMLMap,
} from "yaml";
import { errorText } from "../base/index.ts";
import type { ConfigProblem } from "./errors.ts";

// A YAML document as the schema wants to read it: scalars keep their source text (which type they are is for
// the field to say), aliases are followed, merge keys are merged in, repeated keys are reported.

/** A piece of a document; `offset` counts UTF-16 units from the start of the file's text. */
export type Tree = ScalarTree | SequenceTree | MappingTree;

interface ScalarTree {
  readonly kind: "scalar";
  readonly offset: number;
  readonly text: string;
  readonly plain: boolean; // Written without quotes, so that it may be null, a number or a truth value.
}

interface SequenceTree {
  readonly kind: "sequence";
  readonly offset: number;
  readonly items: readonly Tree[];
}

export interface MappingTree {
  readonly kind: "mapping";
  readonly offset: number;
  readonly entries: ReadonlyMap<string, MappingEntry>;
}

interface MappingEntry {
  readonly key: string;
  readonly keyOffset: number;
  readonly value: Tree;
}

/** One file's text with what is needed to say where in it something stands. */
export interface YamlSource {
  readonly file: string;
  locate(offset: number): { readonly line: number; readonly column: number };
}

export interface YamlReading {
  readonly source: YamlSource;
  readonly tree: Tree;
  readonly problems: readonly ConfigProblem[];
}

/** Whether a value is written as null: nothing, `~` or `null` without quotes. */
export function isNull(tree: Tree): boolean {
  return tree.kind === "scalar" && tree.plain && /^(?:~|null|Null|NULL|)$/.test(tree.text);
}

/**
 * The first document of `text`; what follows it is not looked at (spec CFG-1). Never throws: an unreadable
 * text gives problems and an empty tree. Source: spec CFG-1, CFG-2, CFG-4.
 */
export function readYaml(file: string, text: string): YamlReading {
  const lines = new LineCounter();
  const source: YamlSource = {
    file,
    locate(offset) {
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    },
  };
  const empty: Tree = { kind: "scalar", offset: 0, text: "", plain: true };
  try {
    const document = firstDocument(text, lines);
    const control = findControlCharacter(text);
    if (control !== undefined) {
      return {
        source,
        tree: empty,
        problems: [problemAt(source, control, "control characters are not allowed")],
      };
    }
    if (document === undefined || document.contents === null) return { source, tree: empty, problems: [] };
    if (document.errors.length > 0) {
      // Later errors are mostly echoes of the first.
      const problems = document.errors
        .slice(0, 3)
        .map((error) => problemAt(source, error.pos[0], lowerFirst(error.message)));
      return { source, tree: empty, problems };
    }
    const builder = new TreeBuilder(source);
    const tree = builder.build(document.contents);
    return { source, tree, problems: builder.problems };
  } catch (error) {
    // The parser descends one call a level: a text nested ten thousand deep ends its stack.
    const message = error instanceof RangeError ? "nested too deeply" : errorText(error);
    const problem: ConfigProblem = { file, line: 0, column: 0, path: "", message };
    return { source, tree: empty, problems: [problem] };
  }
}

function firstDocument(text: string, lines: LineCounter): Document.Parsed | undefined {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({
    version: "1.1",
    schema: "failsafe",
    merge: false,
    uniqueKeys: false,
    strict: true,
    prettyErrors: false,
    logLevel: "silent",
    lineCounter: lines,
  });
  for (const document of composer.compose(parser.parse(text), true, text.length)) {
    return document;
  }
  return undefined;
}

function findControlCharacter(text: string): number | undefined {
  // oxlint-disable-next-line no-control-regex -- these are what YAML 1.1 leaves out of its character set.
  const found = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/.exec(text);
  return found?.index;
}

function problemAt(source: YamlSource, offset: number, message: string): ConfigProblem {
  return { file: source.file, ...source.locate(offset), path: "", message };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

class TreeBuilder {
  readonly problems: ConfigProblem[];
  readonly #source: YamlSource;
  readonly #anchors: Map<string, Tree | undefined>; // Undefined while its own content is being built.

  constructor(source: YamlSource) {
    this.problems = [];
    this.#source = source;
    this.#anchors = new Map();
  }

  build(node: unknown): Tree {
    if (isAlias(node)) return this.#follow(node.source, node.range?.[0] ?? 0);
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) return nullTree(0);
    const { anchor } = node;
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const tree = this.#buildPlain(node as ParsedNode);
    if (anchor !== undefined) this.#anchors.set(anchor, tree);
    return tree;
  }

  #buildPlain(node: ParsedNode): Tree {
    const offset = node.range[0];
    if (isSeq(node)) return { kind: "sequence", offset, items: node.items.map((item) => this.build(item)) };
    if (isMap(node)) return { kind: "mapping", offset, entries: this.#entriesOf(node) };
    if (!isScalar(node)) return nullTree(offset);
    const text = typeof node.value === "string" ? node.value : ""; // The failsafe schema knows only texts.
    const tag = node.tag ?? "";
    if (tag === "tag:yaml.org,2002:binary") {
      return { kind: "scalar", offset, text: Buffer.from(text, "base64").toString("utf8"), plain: false };
    }
    const numeric = /^tag:yaml\.org,2002:(?:int|float|bool|null)$/.test(tag);
    const plain = numeric || (node.type === "PLAIN" && !tag.endsWith(":str")) || node.type === undefined;
    return { kind: "scalar", offset, text, plain };
  }

  #entriesOf(node: YAMLMap.Parsed): Map<string, MappingEntry> {
    const entries = new Map<string, MappingEntry>();
    const merged: MappingTree[] = [];
    for (const pair of node.items as Pair[]) {
      const keyTree = this.build(pair.key);
      if (keyTree.kind !== "scalar") {
        this.#report(keyTree.offset, "a key must be a text, not a list or a mapping");
        continue;
      }
      const key = keyTree.text;
      const value = pair.value === null ? nullTree(keyTree.offset) : this.build(pair.value);
      if (key === "<<" && keyTree.plain) {
        merged.push(...this.#mergeSources(value));
        continue;
      }
      const earlier = entries.get(key);
      if (earlier !== undefined) {
        const { line } = this.#source.locate(earlier.keyOffset);
        this.#report(keyTree.offset, `${key}: repeated key, already set on line ${line}`);
      }
      entries.set(key, { key, keyOffset: keyTree.offset, value });
    }
    // What the mapping says itself wins, then the first of the merged ones that says it.
    for (const source of merged) {
      for (const [key, entry] of source.entries) if (!entries.has(key)) entries.set(key, entry);
    }
    return entries;
  }

  #mergeSources(value: Tree): MappingTree[] {
    if (value.kind === "mapping") return [value];
    const sources = value.kind === "sequence" ? value.items : [];
    const mappings = sources.filter((item) => item.kind === "mapping");
    if (value.kind !== "sequence" || mappings.length !== sources.length) {
      this.#report(value.offset, "map merge requires map or sequence of maps as the value");
    }
    return mappings;
  }

  #follow(anchor: string, offset: number): Tree {
    const tree = this.#anchors.get(anchor);
    if (tree !== undefined) return tree;
    const known = this.#anchors.has(anchor);
    this.#report(
      offset,
      known ? `anchor '${anchor}' contains itself` : `unknown anchor '${anchor}' referenced`,
    );
    return nullTree(offset);
  }

  #report(offset: number, message: string): void {
    this.problems.push(problemAt(this.#source, offset, message));
  }
}

function nullTree(offset: number): ScalarTree {
  return { kind: "scalar", offset, text: "", plain: true };
}

/** What a tree says as plain data: every scalar is its text, null is undefined. */
export type PlainYaml = string | undefined | readonly PlainYaml[] | { readonly [key: string]: PlainYaml };

export function plainYaml(tree: Tree): PlainYaml {
  switch (tree.kind) {
    case "scalar":
      return isNull(tree) ? undefined : tree.text;
    case "sequence":
      return tree.items.map(plainYaml);
    case "mapping":
      return Object.fromEntries([...tree.entries.values()].map(({ key, value }) => [key, plainYaml(value)]));
  }
}
