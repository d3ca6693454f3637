import { fileHistory, HistoryStore } from "plimsoll/history";
const store = await HistoryStore.open({ driver: fileHistory("/tmp/hist/nested"), memory: "8mb", readOnly: true });
let seed = 12345;
const rnd = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const T = [];
for (let i = 0; i < 200; i++) {
  const t = performance.now();
  await store.load(2 + Math.floor(rnd() * 999998));
  T.push(performance.now() - t);
}
T.sort((a, b) => a - b);
console.log([0.1, 0.5, 0.9, 0.99].map((q) => T[Math.floor(q * 200)].toFixed(2)).join(" "));
