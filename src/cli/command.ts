/** What a command is to the program: arguments in, words out, and how the process shall end. */
import type { Output } from "./output.ts";

/** How a command ended. */
export interface CommandEnd {
  readonly code: number;
  /** Raised again on ourselves, where the child died of one. */
  readonly signal?: string;
}

/** A command: its arguments without its name, and where it speaks. */
export type Command = (args: readonly string[], output: Output) => Promise<CommandEnd>;
