import { readFileSync, writeFileSync } from "node:fs";

/** What a Prometheus server says about one query. */
export type Answer =
  | { readonly query: string; readonly error: string }
  | { readonly query: string; readonly format: string; readonly ast: unknown };

const CORPUS = new URL("corpus.txt", import.meta.url);
const ANSWERS = new URL("answers.jsonl", import.meta.url);
const JSON_MARK = "@json ";
const ERROR_PREFIX = 'invalid parameter "query": ';

/** The queries of the corpus: one a line, `@json "…"` for those with odd characters, `## ` before headings. */
export function readCorpus(): string[] {
  const lines = readFileSync(CORPUS, "utf8").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("## "))
    .map((line) =>
      line.startsWith(JSON_MARK) ? (JSON.parse(line.slice(JSON_MARK.length)) as string) : line,
    );
}

/** The recorded answers, in the order of the corpus. */
export function readAnswers(): Answer[] {
  const lines = readFileSync(ANSWERS, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Answer);
}

/**
 * Asks a running Prometheus about every query and writes the answers down. It must have been started with
 * `--enable-feature=promql-duration-expr,promql-experimental-functions`.
 */
export async function recordAnswers(serverUrl: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const query of readCorpus()) answers.push(await askServer(serverUrl, query));
  writeFileSync(ANSWERS, `${answers.map((answer) => JSON.stringify(answer)).join("\n")}\n`);
  return answers;
}

interface ApiAnswer {
  readonly status: "success" | "error";
  readonly data: unknown;
  readonly error: string;
}

async function askServer(serverUrl: string, query: string): Promise<Answer> {
  const ask = async (endpoint: string): Promise<ApiAnswer> => {
    const body = new URLSearchParams({ query });
    const response = await fetch(`${serverUrl}/api/v1/${endpoint}`, { method: "POST", body });
    return (await response.json()) as ApiAnswer;
  };
  const parsed = await ask("parse_query");
  if (parsed.status === "error") return { query, error: parsed.error.replace(ERROR_PREFIX, "") };
  const formatted = await ask("format_query");
  return { query, format: formatted.data as string, ast: parsed.data };
}
