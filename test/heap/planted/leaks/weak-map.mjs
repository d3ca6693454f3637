// The WeakMap lets go of a tenant's visits with the tenant; but the tenants live as long as the program.
import { takeRounds } from "../rounds.cjs";

class Tenant {
  plan = "free";
  constructor(name) {
    this.name = name;
  }
}

const tenants = [new Tenant("north"), new Tenant("south")];
const visits = new WeakMap(tenants.map((tenant) => [tenant, []]));
const visit = (tenant, page) => visits.get(tenant).push({ page, atMs: Date.now() + 0.5 });

await takeRounds(() => {
  for (let nth = 0; nth < 1500; nth += 1) visit(tenants[0], `page ${nth}`);
});
