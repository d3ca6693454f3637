/**
 * The exit codes of the command line, after BSD's sysexits and the shells' 126 and 127. A child's own
 * code always wins over them; all are documented in docs/cli.md.
 */

/** What Plimsoll itself exits with. */
export const EXIT = {
  ok: 0,
  /** Wrong usage, bad input, a report folder that cannot be written. */
  usage: 64,
  /** `--fail-on` found what it names, and the child ended with 0. */
  found: 65,
  /** A failure of Plimsoll itself. */
  failure: 70,
  notExecutable: 126,
  notFound: 127,
} as const;
