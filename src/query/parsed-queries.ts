import { parseExpr, type Expr, type ParseOptions } from "../promql/parse/index.ts";

const QUERIES_MAX = 500;
/** Longer texts are parsed each time, so that what is kept stays small. */
const LENGTH_MAX = 4096;

/**
 * Parses query texts and keeps the trees of those that come again, as those of dashboards and rules do. A tree is about
 * 20 times as long as its text.
 */
export class ParsedQueries {
  readonly #options: ParseOptions;
  readonly #trees = new Map<string, Expr>(); // Least recently used first.

  constructor(options: ParseOptions) {
    this.#options = options;
  }

  /** @throws PromqlParseError */
  get(text: string): Expr {
    const kept = this.#trees.get(text);
    const tree = kept ?? parseExpr(text, this.#options);
    if (text.length > LENGTH_MAX) return tree;
    if (kept !== undefined) this.#trees.delete(text);
    this.#trees.set(text, tree);
    if (this.#trees.size > QUERIES_MAX) {
      for (const oldest of this.#trees.keys()) {
        this.#trees.delete(oldest);
        break;
      }
    }
    return tree;
  }
}
