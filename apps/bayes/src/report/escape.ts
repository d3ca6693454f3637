/** Building HTML from names that a user chose: everything put into a template is escaped, except what was built here. */

/** HTML that is safe to insert. */
export interface Html {
  readonly html: string;
}

/** What a template takes. `undefined` and `false` give nothing. */
export type Part = string | number | Html | undefined | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Template tag: values are escaped, lists joined. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const built = strings.map((text, index) => (index === 0 ? text : render(parts[index - 1]) + text));
  return { html: built.join("") };
}

function render(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string") return part.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(render).join("");
}
