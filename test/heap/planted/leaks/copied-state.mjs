// State that is never changed but copied: each copy has everything of the one before, and more.
import { takeRounds } from "../rounds.cjs";

let state = { user: "guest", events: [] };
function dispatch(event) {
  state = { ...state, events: [...state.events, event] };
}

await takeRounds((round) => {
  for (let nth = 0; nth < 700; nth += 1) dispatch({ round, nth, tags: [nth] });
});
