/** A series of an answer, as the API writes it. */
export interface ApiSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

interface ApiTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly health: string;
  readonly lastError: string;
}

/** `data` of a GET that must succeed. @throws Error with the answer otherwise. */
export async function getData<Data>(
  base: string,
  path: string,
  parameters: Record<string, string> = {},
): Promise<Data> {
  const response = await fetch(`${base}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
  const body = (await response.json()) as { status: string; data: Data };
  if (body.status !== "success")
    throw new Error(`${path} ${JSON.stringify(parameters)}: ${JSON.stringify(body)}`);
  return body.data;
}

/** Series of an instant query, sorted by their labels. */
export async function queryInstant(base: string, query: string, time?: number): Promise<ApiSeries[]> {
  const data = await getData<{ result: ApiSeries[] }>(base, "query", {
    query,
    ...(time === undefined ? {} : { time: String(time) }),
  });
  return data.result.toSorted((a, b) => (labelsKey(a.metric) < labelsKey(b.metric) ? -1 : 1));
}

/** Equal for equal label sets, whatever the order of their keys. */
export function labelsKey(metric: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export async function activeTargets(base: string): Promise<ApiTarget[]> {
  return (await getData<{ activeTargets: ApiTarget[] }>(base, "targets")).activeTargets;
}
