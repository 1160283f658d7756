import {
  childrenOf,
  parseExpr,
  PromqlParseError,
  valueTypeOf,
  walkExpr,
  type Expr,
} from "../../../src/promql/parse/index.ts";
import { ALL_FEATURES } from "../../../src/promql/parse/index.ts";
import type { FuzzQuery } from "./generate.ts";

const ROUNDS_MAX = 40;

/**
 * Smaller queries with the same fault: as long as one of the candidates still has it, it takes the place of the query.
 * Texts that cannot be parsed lose words instead of subexpressions.
 */
export async function minimise(
  query: FuzzQuery,
  isFaulty: (query: FuzzQuery) => Promise<boolean>,
): Promise<FuzzQuery> {
  let smallest = query;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = await firstFaulty(candidates(smallest), isFaulty);
    if (next === undefined) return smallest;
    smallest = next;
  }
  return smallest;
}

async function firstFaulty(
  queries: Iterable<FuzzQuery>,
  isFaulty: (query: FuzzQuery) => Promise<boolean>,
): Promise<FuzzQuery | undefined> {
  for (const query of queries) if (await isFaulty(query)) return query;
  return undefined;
}

function* candidates(query: FuzzQuery): Generator<FuzzQuery> {
  const { startMs, endMs, stepMs } = query;
  const texts = smallerTexts(query.text, stepMs !== undefined);
  for (const text of texts) yield { ...query, text };
  if (stepMs === undefined) return;
  if (endMs > startMs) {
    for (let at = startMs; at <= endMs; at += stepMs) yield { ...query, startMs: at, endMs: at };
    if (endMs - stepMs >= startMs) yield { ...query, endMs: endMs - stepMs };
    if (endMs - stepMs >= startMs) yield { ...query, startMs: startMs + stepMs };
  } else {
    yield { ...query, stepMs: undefined };
  }
}

function smallerTexts(text: string, isRange: boolean): string[] {
  const root = parsed(text);
  if (root === undefined) return withoutWords(text);
  const bytes = Buffer.from(text);
  const textOf = (node: Expr): string => bytes.subarray(node.pos.start, node.pos.end).toString();
  const found = new Set<string>();
  walkExpr(root, (node) => {
    const type = valueTypeOf(node);
    if (!isRange || type === "vector" || type === "scalar") found.add(textOf(node));
    walkExpr(node, (below) => {
      if (below === node || valueTypeOf(below) !== type) return;
      found.add(spliced(bytes, node, textOf(below)));
    });
    for (const child of childrenOf(node)) {
      if (valueTypeOf(child) === "scalar") found.add(spliced(bytes, child, "2"));
      if (valueTypeOf(child) === "vector") found.add(spliced(bytes, child, "vector(1)"));
    }
    if (node.kind === "vectorSelector")
      found.add(spliced(bytes, node, textOf(node).replace(/\{.*\}|(offset|@) .*/s, "")));
  });
  return [...found].filter((shorter) => shorter.length < text.length).toSorted((a, b) => a.length - b.length);
}

function parsed(text: string): Expr | undefined {
  try {
    return parseExpr(text, { features: ALL_FEATURES });
  } catch (thrown) {
    if (thrown instanceof PromqlParseError) return undefined;
    throw thrown;
  }
}

function spliced(bytes: Buffer, { pos }: Expr, text: string): string {
  return `${bytes.subarray(0, pos.start).toString()}${text}${bytes.subarray(pos.end).toString()}`;
}

function withoutWords(text: string): string[] {
  const tokens = text.match(/[A-Za-z_0-9.]+|"(?:[^"\\]|\\.)*"|\s+|./gsu) ?? [];
  const texts = tokens.map((_token, at) => tokens.toSpliced(at, 1).join(""));
  for (let length = 8; length < tokens.length; length *= 2) {
    for (let at = 0; at + length <= tokens.length; at += length)
      texts.push(tokens.toSpliced(at, length).join(""));
  }
  return texts.toSorted((a, b) => a.length - b.length);
}
