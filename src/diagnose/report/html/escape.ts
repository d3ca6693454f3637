/**
 * Building HTML from untrusted text: everything that is put into a template is escaped, except what
 * this module built itself. Data for scripts is JSON in which no character can end the element.
 */
import { plain } from "../clean.ts";
import { glueUnits } from "../wrap.ts";

/** HTML that was built here and is safe to insert. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | undefined | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Template tag: every value is escaped but for {@link Html}; lists are joined, `undefined` and `false`
 * give nothing.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let built = strings[0] ?? "";
  parts.forEach((part, index) => {
    built += render(part) + (strings[index + 1] ?? "");
  });
  return { html: built };
}

function render(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string")
    return glueUnits(plain(part)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
  if (typeof part === "number") return String(part);
  return "html" in part ? part.html : part.map(render).join("");
}

// Elements whose text must stay as it is, byte by byte (the page's policy names the hashes), are put
// together without a template: formatters rewrite what stands in one.

/** A style element; the text is our own. */
export function styleElement(css: string): Html {
  return { html: `<style>${css}</style>` };
}

/** A script element; the text is our own. */
export function scriptElement(code: string): Html {
  return { html: `<script>${code}</script>` };
}

/** A value as JSON in an element that scripts can read; no text in it can end the element. */
export function dataElement(id: string, value: unknown): Html {
  const json = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return { html: `<script type="application/json" id="${id}">${json}</script>` };
}
