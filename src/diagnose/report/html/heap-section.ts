/**
 * The heap by who keeps what: holders in words, and the tree of dominators as areas that can be entered. Without a script the same
 * tree stands there as a list.
 */
import { formatBytes } from "../../../base/bytes.ts";
import type { Report, ReportHeap, ReportHeapNode } from "../report.ts";
import { formatCount } from "../words.ts";
import { dataElement, type Html, html } from "./escape.ts";
import { section, size } from "./parts.ts";

const LISTED_DEPTH = 3;
const LISTED_CHILDREN = 5;

/** Nothing where no snapshot was taken. */
export function heapSection({ heap }: Report): Html | undefined {
  if (!heap) return undefined;
  const { bytes, objects, files, holders, outline } = heap;
  return section(
    "heap",
    "Who holds the heap",
    html`<p>
        From ${files.length === 1 ? "a heap snapshot" : `${files.length} heap snapshots`} of pid ${heap.pid}:
        ${formatCount(objects)} objects, ${formatBytes(bytes)}.
        ${files.length > 1 && "A holder that grew between all of them, by about as much each time, leaks."}
      </p>
      <ol class="holders">
        ${holders.map((holder) => holderItem(holder, heap))}
      </ol>
      <h3>What would go with what</h3>
      <div id="treemap" class="treemap" hidden></div>
      <p id="treemap-path" class="treemap-path" aria-live="polite"></p>
      <details class="treemap-list">
        <summary>The same as a list</summary>
        ${list(outline.children, 1)}
      </details>
      ${dataElement("plimsoll-heap", outline)}`,
  );
}

function holderItem(
  { holder, id, retainedBytes, grewBytes, path, why, isLeak }: ReportHeap["holders"][number],
  heap: ReportHeap,
): Html {
  const file = heap.files.at(-1);
  return html`<li class="${isLeak ? "bad" : "open"}">
    <strong>${isLeak && html`<span class="badge">leak</span> `}${holder}</strong>
    ${size(retainedBytes)}${grewBytes !== undefined && html` <span class="figure">(${grewBytes >= 0 ? "+" : "-"}${formatBytes(Math.abs(grewBytes))})</span>`}
    <p>${why}.</p>
    ${path.length > 1 && html`<p class="path">${path.join(" → ")}</p>`}
    ${id !== undefined && file !== undefined && html`<code>plimsoll heap node ${file} @${id}</code>`}
  </li>`;
}

function list(nodes: readonly ReportHeapNode[], depth: number): Html | undefined {
  if (nodes.length === 0 || depth > LISTED_DEPTH) return undefined;
  return html`<ul>
    ${nodes.slice(0, LISTED_CHILDREN).map((node) => html`<li>${size(node.retainedBytes)} ${node.what} ${list(node.children, depth + 1)}</li>`)}
  </ul>`;
}
