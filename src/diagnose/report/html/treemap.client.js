// Runs in the reader's browser, inside the report: draws the tree of dominators as areas, one level inside the other,
// squarified (Bruls, Huizing and van Wijk, 2000). A press enters an object; Escape or the path leads back.
(() => {
  "use strict";
  const host = document.getElementById("treemap");
  const words = document.getElementById("treemap-path");
  const source = document.getElementById("plimsoll-heap");
  if (!host || !words || !source) return;

  const HEIGHT = 420;
  const LEAST_SIDE = 4;
  const HEADER = 20;
  const path = [JSON.parse(source.textContent)];
  host.hidden = false;
  new ResizeObserver(() => draw()).observe(host);
  host.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && event.key !== "Backspace") return;
    event.preventDefault();
    leave(path.length - 2);
  });

  function draw() {
    host.replaceChildren();
    words.replaceChildren();
    path.forEach((node, depth) => {
      if (depth > 0) words.append(" → ");
      const step = document.createElement("button");
      step.type = "button";
      step.textContent = `${node.what} ${format(node.retainedBytes)}`;
      step.disabled = depth === path.length - 1;
      step.addEventListener("click", () => leave(depth));
      words.append(step);
    });
    const width = host.clientWidth;
    host.style.height = `${HEIGHT}px`;
    place(host, path[path.length - 1], { x: 0, y: 0, width, height: HEIGHT }, 0);
  }

  function leave(depth) {
    if (depth < 0) return;
    path.length = depth + 1;
    draw();
    host.querySelector("button")?.focus();
  }

  /** Two levels at once: more would not be read. */
  function place(parent, node, area, depth) {
    const rest = node.retainedBytes - node.children.reduce((sum, child) => sum + child.retainedBytes, 0);
    const parts = node.children.map((child) => ({ child, bytes: child.retainedBytes }));
    if (rest > 0) parts.push({ bytes: rest });
    parts.sort((one, other) => other.bytes - one.bytes);
    for (const { part, x, y, width, height } of squarify(parts, area)) {
      if (width < LEAST_SIDE || height < LEAST_SIDE) continue;
      const { child, bytes } = part;
      const cell = document.createElement(child ? "button" : "div");
      const label = child ? `${child.what} ${format(bytes)}` : `itself and small ones ${format(bytes)}`;
      cell.className = child ? `cell depth-${depth}` : "cell rest";
      cell.title = child ? `${label} @${child.id}` : label;
      Object.assign(cell.style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
      if (width > 46 && height > 15) cell.append(Object.assign(document.createElement("span"), { textContent: label }));
      parent.append(cell);
      if (!child) continue;
      cell.type = "button";
      cell.setAttribute("aria-label", label);
      cell.disabled = child.children.length === 0;
      cell.addEventListener("click", () => {
        path.push(child);
        draw();
        host.querySelector("button")?.focus();
      });
      if (depth === 0 && child.children.length > 0 && width > 90 && height > 70) {
        const inner = { x: x + 3, y: y + HEADER, width: width - 6, height: height - HEADER - 3 };
        place(parent, child, inner, depth + 1);
      }
    }
  }

  /** Rows along the shorter side, each closed when another part would make its areas longer and thinner. */
  function squarify(parts, area) {
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    const scale = total > 0 ? (area.width * area.height) / total : 0;
    const placed = [];
    let { x, y, width, height } = area;
    let row = [];
    const side = () => Math.min(width, height);
    const worst = (list) => {
      const sum = list.reduce((all, { bytes }) => all + bytes * scale, 0);
      const sizes = list.map(({ bytes }) => bytes * scale);
      return Math.max((side() ** 2 * Math.max(...sizes)) / sum ** 2, sum ** 2 / (side() ** 2 * Math.min(...sizes)));
    };
    const close = () => {
      const sum = row.reduce((all, { bytes }) => all + bytes * scale, 0);
      const thickness = side() > 0 ? sum / side() : 0;
      const isColumn = width >= height;
      let at = isColumn ? y : x;
      for (const part of row) {
        const length = thickness > 0 ? (part.bytes * scale) / thickness : 0;
        placed.push(
          isColumn
            ? { part, x, y: at, width: thickness, height: length }
            : { part, x: at, y, width: length, height: thickness },
        );
        at += length;
      }
      if (isColumn) {
        x += thickness;
        width -= thickness;
      } else {
        y += thickness;
        height -= thickness;
      }
      row = [];
    };
    for (const part of parts) {
      if (row.length > 0 && worst([...row, part]) > worst(row)) close();
      row.push(part);
    }
    if (row.length > 0) close();
    return placed;
  }

  function format(bytes) {
    const units = ["B", "kB", "MB", "GB"];
    let value = bytes;
    let unit = 0;
    for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
    return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
  }
})();
