/**
 * Where a language model is and how it is asked. Any endpoint that speaks OpenAI's protocol will do: OpenAI, llama.cpp, Ollama, vLLM
 * and most providers.
 */
import { WorkflowError } from "../workflow-error.ts";

/** How an OpenAI-compatible endpoint is asked. */
export interface OpenAiOptions {
  /** What the endpoint calls the model. */
  readonly model: string;
  /** Default: `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /** Sent as a bearer token. Default: none. */
  readonly apiKey?: string;
  /** Milliseconds without a byte after which a request is given up. Default: 120,000. */
  readonly timeoutMs?: number;
  /** Tries again so often when a request fails. Default: 4. */
  readonly maxRetries?: number;
  /** Waits no longer than this because the endpoint says that it is busy. Default: 300,000. */
  readonly maxBusyMs?: number;
  /** Most bytes of one answer; one that is longer is given up. Default: 4 MB. */
  readonly maxAnswerBytes?: number;
}

const DEFAULTS = {
  baseUrl: "https://api.openai.com/v1",
  apiKey: undefined,
  timeoutMs: 120_000,
  maxRetries: 4,
  maxBusyMs: 300_000,
  maxAnswerBytes: 4 * 2 ** 20,
};

/** Where a model is; made by {@link LlmConfig.openai}. */
export class LlmConfig {
  readonly model: string;
  /** Without a slash at its end. */
  readonly baseUrl: URL;
  /** Not shown by `console.log` and not in JSON. */
  readonly apiKey: () => string | undefined;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly maxBusyMs: number;
  readonly maxAnswerBytes: number;

  private constructor(options: OpenAiOptions) {
    const { model, baseUrl, apiKey, ...numbers } = { ...DEFAULTS, ...options };
    if (model === "")
      throw new WorkflowError("ERR_WORKFLOW_OPTION", "model is empty: give what the endpoint calls it.");
    if (!URL.canParse(baseUrl) || !/^https?:/.test(baseUrl)) {
      throw new WorkflowError(
        "ERR_WORKFLOW_OPTION",
        `baseUrl is ${JSON.stringify(baseUrl)}: give a URL such as http://localhost:11434/v1.`,
      );
    }
    for (const [name, value] of Object.entries(numbers))
      if (!(value >= (name === "maxRetries" ? 0 : 1)))
        throw new WorkflowError("ERR_WORKFLOW_OPTION", `${name} is ${value}: give a number from 1.`);
    this.model = model;
    this.baseUrl = new URL(baseUrl.replace(/\/+$/, ""));
    this.apiKey = () => apiKey;
    this.timeoutMs = numbers.timeoutMs;
    this.maxRetries = numbers.maxRetries;
    this.maxBusyMs = numbers.maxBusyMs;
    this.maxAnswerBytes = numbers.maxAnswerBytes;
  }

  /**
   * An endpoint that speaks OpenAI's protocol.
   *
   * @throws WorkflowError `ERR_WORKFLOW_OPTION` when an option is out of range.
   */
  static openai(options: OpenAiOptions): LlmConfig {
    return new LlmConfig(options);
  }
}
