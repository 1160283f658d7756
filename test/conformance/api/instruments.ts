import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";

// The recorded exchanges and what judges them lie beside the checkout and are not part of it.

const INSTRUMENTS = new URL("../../../../shared/conformance/", import.meta.url);

/** One exchange with a real Prometheus 3.5.3. */
export interface Exchange {
  readonly id: string; // "category#number".
  readonly fixture: FixtureName;
  readonly mode: "exact" | "shape" | "status";
  readonly request: { readonly method: string; readonly path: string; readonly body?: string };
  readonly expect: object;
}

export type FixtureName = "data" | "live";

export interface Response {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

interface Judgement {
  readonly ok: boolean;
  readonly reason: string;
  readonly detail: string;
}

export interface Instruments {
  readonly send: (base: string, request: Exchange["request"]) => Promise<Response>;
  readonly compareResponse: (exchange: Exchange, response: Response) => Judgement;
  readonly FLAGS: Readonly<Record<FixtureName, readonly string[]>>;
  /** Brings a running server to the state in which the requests were sent. */
  readonly prepare: (name: FixtureName, base: string) => Promise<void>;
}

export const RECORDINGS: string = pathOf("api/requests.jsonl");

export function isPresent(): boolean {
  return existsSync(RECORDINGS);
}

/** A file of the instruments. */
export function pathOf(path: string): string {
  return new URL(path, INSTRUMENTS).pathname;
}

export async function loadInstruments(): Promise<Instruments> {
  const [judging, fixtures] = await Promise.all([load("lib/api.mjs"), load("api/fixtures.mjs")]);
  return Object.assign({}, judging, fixtures) as Instruments;
}

function load(path: string): Promise<object> {
  return import(pathToFileURL(pathOf(path)).href) as Promise<object>;
}
