// Leak: frames of 8 kB are kept.
import "./lifetime.cjs";

const frames = [];

function receiveFrame() {
  frames.push(Buffer.alloc(8192, 1));
}

setInterval(() => {
  for (let i = 0; i < 30; i += 1) receiveFrame();
}, 100);
