// Leak: 0.3 MB/s.
import "./lifetime.cjs";

const tracked = new Set();

function trackEvent(n) {
  tracked.add({ n, at: n * 1.5, tags: [n, n + 1, n + 2], path: `/event/${n}` });
}

let events = 0;
setInterval(() => {
  for (let i = 0; i < 170; i += 1) trackEvent((events += 1));
}, 100);
