/** What sections are put together from. */
import { type Html, html, type Part } from "./escape.ts";

/** A section that screen readers find by its title. */
export function section(id: string, title: string, inside: Part): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${inside}
  </section>`;
}

/** A list; nothing where there are no items. */
export function list(items: readonly string[]): Html | undefined {
  return items.length > 0
    ? html`<ul>
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`
    : undefined;
}
