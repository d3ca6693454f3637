/** A command that can be copied into a shell. */

const PLAIN = /^[\w./=:@%+,-]+$/;

/** `npx bayes …` with these arguments, and one more where it is not among them. */
export function commandOf(args: readonly string[], added: string): string {
  const all = args.includes(added) ? args : [...args, added];
  return [
    "npx bayes",
    ...all.map((each) => (PLAIN.test(each) ? each : `'${each.replaceAll("'", String.raw`'\''`)}'`)),
  ].join(" ");
}
