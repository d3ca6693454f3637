/** All tools, in the order in which a hunt uses them. */
import { z } from "zod";
import { defineTool, type Tool } from "../server/tool.ts";
import { ACTS } from "./acts.ts";
import { DIAGNOSIS } from "./diagnosis.ts";
import { MEMORY } from "./memory.ts";
import { NATIVE } from "./native.ts";
import { SNAPSHOTS } from "./snapshots.ts";
import { WATCHING } from "./watching.ts";

const more = defineTool({
  name: "more",
  title: "Further facts",
  description: "The facts behind the cursor of an answer that did not fit. Pages are kept for 15 minutes.",
  effect: "reads",
  input: { cursor: z.string().max(12) },
  run: ({ cursor }, { services }) => ({ ...services.pager.more(cursor) }),
});

/** The server's whole surface. */
export const TOOLS: readonly Tool[] = [...WATCHING, ...MEMORY, ...DIAGNOSIS, ...SNAPSHOTS, ...NATIVE, ...ACTS, more];
