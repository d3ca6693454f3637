// Healthy: does next to nothing.
import "./lifetime.cjs";

setInterval(() => process.uptime(), 1_000);
