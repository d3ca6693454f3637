/**
 * What an agent needs of a language model. The client of this package is one; a test's answer machine is another.
 */

/** One message of a conversation, as OpenAI's chat completions have it. */
export interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
  /** What an assistant asks for. */
  readonly toolCalls?: readonly ToolCall[];
  /** Which call a tool answers. */
  readonly toolCallId?: string;
}

/** A call that the model asks for. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: JSON, one hopes. */
  readonly arguments: string;
}

/** What the model is told of a tool. */
export interface ToolSpecification {
  /** What it is for. */
  readonly description: string;
  /** JSON Schema of its arguments. Default: an object of anything. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

/** How one answer is asked for. */
export interface CompletionOptions {
  /** Most tokens of the answer. Default: the endpoint's. */
  readonly maxTokens?: number;
  /** Default: the endpoint's. */
  readonly temperature?: number;
  /** Tools that may be called, by name. Default: none. */
  readonly tools?: Readonly<Record<string, ToolSpecification>>;
  /** Default: none. */
  readonly signal?: AbortSignal;
}

/** Tokens, as the endpoint counts them; 0 where it does not. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** An answer. */
export interface Completion extends TokenUsage {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** Such as `stop` or `length`. */
  readonly finishReason: string;
  /** Requests that it took. */
  readonly requests: number;
}

/** Whoever answers. */
export interface LanguageModel {
  /** Answers a text, or a conversation. */
  complete(prompt: string | readonly Message[], options?: CompletionOptions): Promise<Completion>;
}
