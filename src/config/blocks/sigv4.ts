import { block, field, type BlockType } from "../schema.ts";
import type { SigV4Config } from "../server-types.ts";
import { boolean, secret, text } from "../values.ts";

/** Amazon's request signing (spec CFG-83). */
export const SIGV4: BlockType<SigV4Config> = block({
  fields: {
    region: field("region", text),
    accessKey: field("access_key", text),
    secretKey: field("secret_key", secret),
    profile: field("profile", text),
    roleArn: field("role_arn", text),
    externalId: field("external_id", text),
    useFipsStsEndpoint: field("use_fips_sts_endpoint", boolean),
  },
  finish(raw: SigV4Config, place): SigV4Config {
    if ((raw.accessKey === "") !== (raw.secretKey === "")) {
      place.report(
        raw.accessKey === "" ? "secret_key" : "access_key",
        "access_key and secret_key must be given together",
      );
    }
    return raw;
  },
});
