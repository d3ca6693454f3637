/**
 * What a tool is: a name, what it takes, what it does to the world, and whether that needs a grant. The list of tools is the whole
 * surface of the server; everything else is transport.
 */
import { z } from "zod";
import type { Answer, AnswerPage } from "../answer/answer.ts";
import type { Services } from "./services.ts";

/** What an operator may allow: acting on programs, texts of heaps, starting programs through HTTP. */
export type Grant = "act" | "strings" | "start";
/** All grants. */
export const GRANTS: readonly Grant[] = ["act", "strings", "start"];

/** What a call does: `reads` leaves no trace; `enters` loads the agent or stops a thread for a moment; `acts` changes the program. */
export type Effect = "reads" | "enters" | "acts";

/** A call's surroundings. */
export interface ToolContext {
  readonly services: Services;
  /** Aborted when the client cancels, or is gone. */
  readonly signal: AbortSignal;
  /** What this client may. */
  readonly grants: ReadonlySet<Grant>;
  /** Tells how far the call is, where the client has asked for that. */
  progress(done: number, total: number, message: string): void;
}

/** A tool as the server holds it. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly effect: Effect;
  /** Default: none is needed. */
  readonly grant?: Grant;
  /** Runs it on arguments that nobody has checked. */
  readonly call: (args: unknown, context: ToolContext) => Promise<Answer | AnswerPage>;
}

interface ToolDefinition<Shape extends z.ZodRawShape> extends Omit<Tool, "input" | "call"> {
  readonly input: Shape;
  readonly run: (
    args: z.output<z.ZodObject<Shape>>,
    context: ToolContext,
  ) => Answer | AnswerPage | Promise<Answer | AnswerPage>;
}

/** Defines a tool whose arguments are checked before it runs; unknown ones are refused, since they are typing errors. */
export function defineTool<Shape extends z.ZodRawShape>({ input, run, ...tool }: ToolDefinition<Shape>): Tool {
  const schema = z.strictObject(input);
  return { ...tool, input: schema, call: async (args, context) => run(schema.parse(args ?? {}), context) };
}
