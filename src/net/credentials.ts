import { readFile } from "node:fs/promises";
import type { HttpClientConfig } from "../config/index.ts";

/**
 * Header lines that the client block adds to a request: authorization and custom headers. Files are read
 * anew for every request and trimmed (spec HTTP-1, HTTP-2, HTTP-13).
 * @throws the file system's error when a file cannot be read.
 */
export async function credentialHeaders(config: HttpClientConfig): Promise<[name: string, value: string][]> {
  const headers: [string, string][] = [];
  const { basicAuth, authorization } = config;
  if (basicAuth !== undefined) {
    const username =
      basicAuth.usernameFile === "" ? basicAuth.username : await secret(basicAuth.usernameFile);
    const password =
      basicAuth.passwordFile === "" ? basicAuth.password : await secret(basicAuth.passwordFile);
    const token = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
    headers.push(["authorization", `Basic ${token}`]);
  } else if (authorization !== undefined) {
    const { credentialsFile, credentials, type } = authorization;
    const token = credentialsFile === "" ? credentials : await secret(credentialsFile);
    if (token !== "") headers.push(["authorization", `${type} ${token}`]);
  }
  for (const [name, sources] of Object.entries(config.httpHeaders)) {
    for (const value of [...sources.values, ...sources.secrets]) headers.push([name, value]);
    for (const file of sources.files) headers.push([name, await secret(file)]);
  }
  return headers;
}

async function secret(path: string): Promise<string> {
  return (await readFile(path, "utf8")).trim();
}
