// Real HTTP load from a process of its own: so many requests a second, each to a path of its own or to
// one of `distinct` paths. Ends with the server that forked it.
const http = require("node:http");
const { port, perSecond, distinct } = JSON.parse(process.argv[2]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
let sent = 0;
setInterval(() => {
  for (let i = 0; i < perSecond / 20; i += 1) {
    sent += 1;
    const path = `/pages/${distinct ? sent % distinct : sent}?from=load`;
    http.get({ port, path, agent }, (response) => response.resume()).on("error", () => {});
  }
}, 50);
process.on("disconnect", () => process.exit(0));
