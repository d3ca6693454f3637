import { kidScore } from "./models/kid-score.ts";
import { describePosterior } from "./support/reference.ts";

describePosterior("kidiq-kidscore_momiq", kidScore);
