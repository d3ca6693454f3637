// Leak of native memory: a TLS context for each tenant's name, kept for ever though the names never come again.
import "../lifetime.cjs";
import { createSecureContext } from "node:tls";

const contexts = new Map();

function contextFor(name) {
  let context = contexts.get(name);
  if (context === undefined) {
    context = createSecureContext({ ciphers: "ECDHE-RSA-AES128-GCM-SHA256", ca: [] });
    contexts.set(name, context);
  }
  return context;
}

let n = 0;
setInterval(() => {
  for (let i = 0; i < 20; i += 1) contextFor(`tenant-${(n += 1)}.example`);
}, 100);
