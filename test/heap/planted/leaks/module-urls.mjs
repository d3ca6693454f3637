// A plugin is imported again under a new address after each change; modules are never unloaded.
import { takeRounds } from "../rounds.cjs";

const source = "export const rules = Array.from({ length: 50 }, (_, nth) => nth + 0.5);";
const load = (version) => import(`data:text/javascript,${encodeURIComponent(source)}//${version}`);

await takeRounds(async (round) => {
  for (let nth = 0; nth < 60; nth += 1) await load(round * 1000 + nth);
});
