// An audit log in an array of the module, only ever pushed to.
import { takeRounds } from "../rounds.cjs";

const auditLog = [];
function record(action, subject) {
  auditLog.push({ action, subject, atMs: Date.now() + 0.5 });
}

await takeRounds(() => {
  for (let nth = 0; nth < 1500; nth += 1) record("open", `document ${nth}`);
});
