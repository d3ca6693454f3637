/**
 * What the serialiser of LangGraph makes of a value, as something that a history can compare piece by piece: JSON
 * becomes its tree, anything else stays bytes. JSON has no Map, so a Map says that it is bytes.
 */
import type { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";

type Serializer = BaseCheckpointSaver["serde"];

/** Serialises a value into plain data. */
export async function pack(serializer: Serializer, value: unknown): Promise<unknown> {
  const [type, bytes] = await serializer.dumpsTyped(value);
  if (type === "json") {
    try {
      return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
    } catch {
      // A serialiser may call json what is none, because it encrypts it.
    }
  }
  return new Map<string, unknown>([
    ["type", type],
    ["bytes", bytes.slice()],
  ]);
}

/** Makes the value again. */
export async function unpack(serializer: Serializer, packed: unknown): Promise<unknown> {
  if (packed instanceof Map)
    return serializer.loadsTyped(String(packed.get("type")), packed.get("bytes") as Uint8Array);
  return serializer.loadsTyped("json", new TextEncoder().encode(JSON.stringify(packed)));
}
