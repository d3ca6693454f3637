/**
 * Values are checked with Standard Schema (https://standardschema.dev), the interface that zod, valibot, arktype and others share.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { WorkflowError } from "../workflow-error.ts";

/** Checks a value and says what it is then. */
export type Schema<T> = StandardSchemaV1<unknown, T>;

const MOST_ISSUES = 3;

/**
 * The value as the schema gives it back.
 *
 * @param what - such as `node "load": its input`.
 * @throws WorkflowError `ERR_WORKFLOW_SCHEMA` with the places that do not fit.
 */
export async function check<T>(schema: Schema<T>, value: unknown, what: string): Promise<T> {
  const answer = schema["~standard"].validate(value);
  const result = answer instanceof Promise ? await answer : answer;
  if (!result.issues) return result.value;
  const shown = result.issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const place = path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    return place === "" ? message : `${place}: ${message}`;
  });
  const more = result.issues.length > MOST_ISSUES ? `; and ${result.issues.length - MOST_ISSUES} more` : "";
  throw new WorkflowError("ERR_WORKFLOW_SCHEMA", `${what} does not fit its schema. ${shown.join("; ")}${more}`, {
    issues: result.issues.length,
  });
}
