/** A command that can be copied into a shell. */

const PLAIN = /^[\w./=:@%+,-]+$/;

/** `npx bayes …` with these arguments, and `added` in place of what it excludes. */
export function commandOf(args: readonly string[], added: "--resume" | "--overwrite"): string {
  const all = [...args.filter((each) => each !== "--resume" && each !== "--overwrite"), added];
  const quoted = all.map((each) => (PLAIN.test(each) ? each : `'${each.replaceAll("'", String.raw`'\''`)}'`));
  return ["npx bayes", ...quoted].join(" ");
}
