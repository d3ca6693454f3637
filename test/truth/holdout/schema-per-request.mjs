// Leak: a validator is compiled for every request, and the compiler caches each schema object that it has seen.
import "../lifetime.cjs";
import { createServer, get } from "node:http";
import { Ajv } from "ajv";

const ajv = new Ajv();

function validate(tenant, input) {
  const schema = {
    type: "object",
    required: ["name", tenant],
    properties: { name: { type: "string", maxLength: 40 }, [tenant]: { type: "integer", minimum: 0 } },
  };
  return ajv.compile(schema)(input);
}

let tenants = 0;
const server = createServer((_request, response) => {
  const tenant = `tenant${(tenants += 1)}`;
  response.end(String(validate(tenant, { name: "n", [tenant]: 1 })));
});

server.listen(0, () => {
  const { port } = server.address();
  setInterval(() => get({ port }, (response) => response.resume()).on("error", () => {}), 20);
});
