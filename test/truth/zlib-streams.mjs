// No leak: compression streams that are dropped unclosed. Collections free them, and malloc keeps the pages.
import "./lifetime.cjs";
import zlib from "node:zlib";

setInterval(() => {
  for (let i = 0; i < 200; i += 1) zlib.createGzip().write("x".repeat(2000));
}, 50);
