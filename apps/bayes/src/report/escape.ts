/** Building HTML from names that a user chose: everything put into a template is escaped, except what was built here. */
import { htmlEscape } from "escape-goat";

/** HTML that is safe to insert. */
export interface Html {
  readonly html: string;
}

/** What a template takes. `undefined` and `false` give nothing. */
export type Part = string | number | Html | undefined | false | readonly Part[];

/** Template tag: values are escaped, lists joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const built = strings.map((text, index) => (index === 0 ? text : render(parts[index - 1]) + text));
  return { html: built.join("") };
}

function render(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string") return htmlEscape(part);
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(render).join("");
}
