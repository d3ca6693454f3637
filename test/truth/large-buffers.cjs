// Leak: uploads of 1 MB are kept.
require("./lifetime.cjs");

const uploads = new Map();

function storeUpload(id) {
  uploads.set(id, Buffer.alloc(2 ** 20, id % 256));
}

let count = 0;
setInterval(() => storeUpload((count += 1)), 400);
