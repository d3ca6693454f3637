/**
 * Five major collections in a row after which more is left than after the one before: the `leak` event of
 * memwatch, "when your heap usage has increased for five consecutive garbage collections"
 * (README of https://www.npmjs.com/package/@airbnb/node-memwatch). Once alarmed it stays so, as an event does.
 */
import type { ComparedRule } from "./rule.ts";
import { floorSeries } from "./series.ts";

const IN_A_ROW = 5;

/** Five rising major collections. */
export const risingCollections: ComparedRule = {
  name: "five rising major collections",
  source: "@airbnb/node-memwatch, event `leak`",
  judge(recording) {
    const leak = floorSeries(recording).some((floors) => {
      let rises = 0;
      return floors.some(({ bytes }, index) => {
        rises = bytes > (floors[index - 1]?.bytes ?? Number.POSITIVE_INFINITY) ? rises + 1 : 0;
        return rises >= IN_A_ROW;
      });
    });
    return { leak };
  },
};
