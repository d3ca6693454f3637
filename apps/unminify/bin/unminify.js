#!/usr/bin/env -S node --max-semi-space-size=1 --single-threaded --optimize-for-size --expose-gc
// The flags keep V8 small: half the peak of a run is otherwise room for garbage (`npm run bench:unminify`).
import "../dist/command/main.js";
