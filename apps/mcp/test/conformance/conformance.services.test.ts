/** The official suite against the transport as it is shipped. */
import { expect, it } from "vitest";
import { runConformance } from "./run-suite.ts";

it("passes every check of the official suite", async () => {
  const { passed, failed, scenarios, said } = await runConformance();
  if (failed !== 0) throw new Error(said);
  expect({ passed, scenarios }).toEqual({ passed: 40, scenarios: 30 });
});
