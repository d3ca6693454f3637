import { eightSchools } from "./models/eight-schools.ts";
import { describePosterior } from "./support/reference.ts";

describePosterior("eight_schools-eight_schools_noncentered", eightSchools);
