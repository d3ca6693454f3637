/**
 * Runs inside the page under test, before its own scripts: measures what a reader would see. Plain
 * JavaScript, because it lives in the browser.
 */
globalThis.inspect = (() => {
  const parse = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);

  /** Relative luminance as WCAG 2.2 defines it. */
  function luminance(color) {
    const [r, g, b] = parse(color).map((part) => {
      const share = part / 255;
      return share <= 0.039_28 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function ratio(one, other) {
    const [a, b] = [luminance(one), luminance(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }

  /** A CSS variable's colour as `rgb(…)`. */
  function colorOf(name) {
    const probe = document.createElement("i");
    document.body.append(probe);
    probe.style.color = `var(${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  }

  function backgroundOf(start) {
    for (let element = start; element; element = element.parentElement) {
      const color = getComputedStyle(element).backgroundColor;
      if ((parse(color)[3] ?? 1) > 0) return color;
    }
    return "rgb(255, 255, 255)";
  }

  return {
    /** Every visible text with its contrast against the nearest background that is not transparent. */
    textContrasts() {
      const found = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        const text = node.textContent.trim();
        if (!element || text === "" || element.closest("script, noscript") || element.getClientRects().length === 0)
          continue;
        found.push({ text: text.slice(0, 40), ratio: ratio(getComputedStyle(element).color, backgroundOf(element)) });
      }
      return found;
    },
    /** Contrast of pairs of CSS variables. */
    pairContrasts: (pairs) => pairs.map(([a, b]) => ratio(colorOf(a), colorOf(b))),
    /** How many pixels of the chart have the colour of each CSS variable. */
    countPixels(names) {
      const canvas = document.querySelector("#chart canvas");
      // A copy: reading the chart's own canvas twice makes the browser warn.
      const copy = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
      const context = copy.getContext("2d", { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const pixels = context.getImageData(0, 0, copy.width, copy.height).data;
      return names.map((name) => {
        const [r, g, b] = parse(colorOf(name));
        let count = 0;
        for (let i = 0; i < pixels.length; i += 4) {
          if (pixels[i] === r && pixels[i + 1] === g && pixels[i + 2] === b) count++;
        }
        return count;
      });
    },
    /** What sticks out to the right, but for boxes that scroll by themselves. */
    beyond() {
      const wide = [...document.querySelectorAll("main *")].filter(
        (element) => !element.closest(".scroll, .uplot") && element.getBoundingClientRect().right > innerWidth + 0.5,
      );
      return {
        scroll: document.documentElement.scrollWidth - innerWidth,
        wide: wide.map((element) => element.outerHTML.slice(0, 80)),
      };
    },
    focused: () => document.activeElement?.id || document.activeElement?.tagName.toLowerCase() || "",
    painted: () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
    runsScript() {
      const script = document.createElement("script");
      script.textContent = "globalThis.intruder = true";
      document.body.append(script);
      return "intruder" in globalThis;
    },
    bodyColors() {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return [backgroundColor, color];
    },
  };
})();
