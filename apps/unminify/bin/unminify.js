#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 node --max-semi-space-size=1 --v8-pool-size=1 --always-sparkplug --no-maglev --expose-gc
// These keep V8 and malloc small: a third of the peak of a run is otherwise room for garbage (`npm run bench:unminify`).
import "../dist/command/main.js";
