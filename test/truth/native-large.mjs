// Leak of native code: large blocks of malloc, each in a mapping of its own.
import "./lifetime.cjs";
import libc from "./libc.cjs";

setInterval(() => libc.memset(libc.malloc(2 ** 20), 1, 2 ** 20), 200);
