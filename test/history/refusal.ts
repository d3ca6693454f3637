/** Catches what a call throws, at once or later, so that a test can look at it. A call that throws nothing is an error itself. */
/** What a call throws. */
export async function refusal(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
