// Runs in the reader's browser, inside the report: draws the waterline with uPlot from the data that
// the page carries. Plain JavaScript, no imports: it is embedded as it is.
(() => {
  "use strict";
  const host = document.getElementById("chart");
  const source = document.getElementById("plimsoll-chart");
  saveAsFile();
  if (!host || !source || typeof uPlot !== "function") return;

  const data = JSON.parse(source.textContent);
  const MB = 2 ** 20;
  const BYTE_STEPS = Array.from({ length: 30 }, (_, i) => 16 * 1024 * 2 ** i);
  const TIME_STEPS = [
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600,
  ].concat([2, 4, 6, 12, 24, 48, 96, 168, 336].map((hours) => hours * 3_600));
  const stacked = stack(data.layers);
  const rss = stacked[stacked.length - 1] ?? [];
  const aligned = alignTotal();
  const media = matchMedia("(prefers-color-scheme: dark)");
  const readout = { total: byId("chart-total"), moment: byId("chart-moment") };
  const atPeak = readout.moment ? readout.moment.textContent : "";
  /** The moment that is shown; none is the peak. Kept here: several moments can share one pixel. */
  let shown;
  let isKeyMove = false;
  let chart = draw();

  new ResizeObserver(() => chart.setSize(sizeOf())).observe(host);
  media.addEventListener("change", redraw);
  addEventListener("beforeprint", redraw);
  addEventListener("afterprint", redraw);
  host.addEventListener("keydown", moveByKey);

  /** Running sums from the bottom layer up. */
  function stack(layers) {
    const sums = [];
    for (const { bytes } of layers) {
      const below = sums[sums.length - 1];
      sums.push(bytes.map((value, i) => value + (below ? below[i] : 0)));
    }
    return sums;
  }

  /** The sum of all processes at the chart's own moments. */
  function alignTotal() {
    if (!data.total) return undefined;
    let next = 0;
    return data.seconds.map((second) => {
      while (next + 1 < data.total.seconds.length && data.total.seconds[next + 1] <= second) next++;
      return data.total.seconds[next] > second ? null : data.total.rssBytes[next];
    });
  }

  function draw() {
    const color = (name) => getComputedStyle(host).getPropertyValue(name).trim();
    const series = [{}];
    const columns = [data.seconds];
    // The tallest sum is painted first, each lower one over it: what stays visible is the layer.
    for (let i = stacked.length - 1; i >= 0; i--) {
      const layer = data.layers[i];
      series.push({
        label: layer.label,
        fill: color(`--layer-${layer.id}`),
        stroke: color("--card"),
        width: 1,
        points: { show: false },
      });
      columns.push(stacked[i]);
    }
    if (aligned) {
      series.push({ label: "all", stroke: color("--ink"), width: 1.25, dash: [2, 3], points: { show: false } });
      columns.push(aligned);
    }
    const axis = { stroke: color("--soft"), font: `12px ${getComputedStyle(host).fontFamily}`, ticks: { show: false } };
    const grid = { stroke: color("--grid"), width: 1 };
    return new uPlot(
      {
        ...sizeOf(),
        series,
        legend: { show: false },
        padding: [10, 12, 0, 0],
        cursor: { points: { show: false }, y: false, drag: { x: true, y: false } },
        scales: { x: { time: false }, y: { range: () => [0, topOf()] } },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 28,
            gap: 6,
            space: host.clientWidth < 480 ? 44 : 70,
            incrs: TIME_STEPS,
            values: (_, ticks) => ticks.map(timeText),
          },
          { ...axis, grid, size: 64, space: 44, incrs: BYTE_STEPS, values: (_, ticks) => ticks.map(bytesText) },
        ],
        hooks: { draw: [(u) => drawMarks(u, color)], setCursor: [(u) => isKeyMove || show(u.cursor.idx)] },
      },
      columns,
      host,
    );
  }

  function redraw() {
    chart.destroy();
    chart = draw();
  }

  function sizeOf() {
    const width = Math.max(200, host.clientWidth);
    return { width, height: width < 480 ? 230 : 330 };
  }

  function topOf() {
    let top = data.limitBytes ?? 0;
    for (const values of [rss, aligned ?? []]) for (const value of values) top = Math.max(top, value ?? 0);
    return top * 1.06;
  }

  function drawMarks(u, color) {
    const { ctx, bbox } = u;
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    if (data.limitBytes !== null) {
      const y = Math.round(u.valToPos(data.limitBytes, "y", true));
      ctx.strokeStyle = color("--limit");
      ctx.lineWidth = 2 * ratio;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    const points = data.floors.map((floor) => [
      u.valToPos(floor.seconds, "x", true),
      u.valToPos(floor.usedBytes, "y", true),
    ]);
    ctx.strokeStyle = color("--floor");
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    for (const [x, y] of points) ctx.lineTo(x, y);
    ctx.stroke();
    const radius = (points.length > 60 ? 1.5 : 3) * ratio;
    for (const [x, y] of points) {
      ctx.fillStyle = color("--floor");
      ctx.strokeStyle = color("--layer-heap");
      ctx.lineWidth = ratio;
      ctx.beginPath();
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
      ctx.fill();
      ctx.stroke();
    }
    ctx.restore();
  }

  function moveByKey(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };
    const last = data.seconds.length - 1;
    const current = shown ?? data.peakIndex;
    let index;
    if (event.key in steps) index = current + steps[event.key];
    else if (event.key === "Home") index = 0;
    else if (event.key === "End") index = last;
    else return;
    event.preventDefault();
    index = Math.max(0, Math.min(last, index));
    isKeyMove = true;
    chart.setCursor({ left: chart.valToPos(data.seconds[index], "x"), top: 10 });
    isKeyMove = false;
    show(index);
  }

  /** Shows the figures of one moment in the key; of the peak when there is none. */
  function show(index) {
    shown = index;
    const at = index ?? data.peakIndex;
    if (readout.total) readout.total.textContent = bytesText(rss[at]);
    if (readout.moment)
      readout.moment.textContent = index == null ? atPeak : `${timeText(data.seconds[at])} after the start`;
    for (const layer of data.layers) {
      const output = document.querySelector(`output[data-layer="${layer.id}"]`);
      if (output) output.textContent = bytesText(layer.bytes[at]);
    }
  }

  function byId(id) {
    return document.getElementById(id);
  }

  function saveAsFile() {
    const link = byId("save");
    const report = byId("plimsoll-report");
    if (!link || !report) return;
    link.addEventListener("click", () => {
      link.href = URL.createObjectURL(new Blob([report.textContent], { type: "application/json" }));
    });
  }

  function bytesText(bytes) {
    if (bytes === 0) return "0";
    if (bytes < 1023.5 * 1024) return `${Math.round(bytes / 1024)} KB`;
    if (bytes < 1023.5 * MB) return `${trim(bytes / MB)} MB`;
    return `${trim(bytes / MB / 1024)} GB`;
  }

  function trim(value) {
    return Number(value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0));
  }

  function timeText(seconds) {
    if (data.endSeconds < 10) return `${Number(seconds.toFixed(2))} s`;
    if (data.endSeconds > 3 * 86_400) return `${Number((seconds / 86_400).toFixed(1))} d`;
    const whole = Math.round(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const clock = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
    return whole >= 3_600 || data.endSeconds >= 3_600
      ? `${Math.floor(whole / 3_600)}:${clock}`
      : clock.replace(/^0/, "");
  }
})();
