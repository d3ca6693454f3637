/** `@plimsoll/workflow`: graphs of language-model agents that run inside a memory limit, and go on where they were killed. */
export { WorkflowError, type WorkflowErrorCode } from "./workflow-error.ts";
export type { Schema } from "./graph/schema.ts";
export {
  agent,
  agentTool,
  type AgentDefinition,
  type AgentNode,
  type AgentTool,
  type CodeDefinition,
  type CodeNode,
  condition,
  type ConditionDefinition,
  type ConditionNode,
  type Edge,
  type Graph,
  map,
  type MapDefinition,
  type MapNode,
  type NodeContext,
  type Reduction,
  type Repetition,
  type SessionView,
  type SubNode,
  subWorkflow,
  tool,
  transform,
  type Typed,
  type WorkflowNode,
  type WorkOptions,
} from "./graph/node.ts";
export { Workflow, type WorkflowOptions } from "./graph/workflow.ts";
export { LlmConfig, type OpenAiOptions } from "./llm/llm-config.ts";
export { type BatchAnswer, type BatchOptions, LlmClient, type LlmUsage, type StreamPart } from "./llm/llm-client.ts";
export type {
  Completion,
  CompletionOptions,
  LanguageModel,
  Message,
  TokenUsage,
  ToolCall,
  ToolSpecification,
} from "./llm/language-model.ts";
export type { CheckpointPlace } from "./execute/checkpoints.ts";
export type { ValueFiles } from "./execute/value-files.ts";
export {
  Executor,
  type ExecuteOptions,
  type ExecutorOptions,
  type ExecutorStatus,
  type RunResult,
} from "./execute/executor.ts";
export {
  fileCheckpoints,
  type FileCheckpointOptions,
  postgresCheckpoints,
  type PostgresCheckpointOptions,
} from "./execute/places.ts";
export type { Profile, ProfileName } from "./execute/profile.ts";
export type { RunProgress } from "./execute/run-state.ts";
export type { ValueStatus } from "./execute/values.ts";
