// glibc's own functions, called through koffi: native memory with a known course and no addon to build.
const koffi = require("koffi");
const libc = koffi.load("libc.so.6");
exports.malloc = libc.func("uintptr_t malloc(size_t)");
exports.realloc = libc.func("uintptr_t realloc(uintptr_t, size_t)");
exports.free = libc.func("void free(uintptr_t)");
exports.memset = libc.func("uintptr_t memset(uintptr_t, int, size_t)");
exports.mmap = libc.func("uintptr_t mmap(uintptr_t, size_t, int, int, int, long)");
exports.munmap = libc.func("int munmap(uintptr_t, size_t)");
exports.mprotect = libc.func("int mprotect(uintptr_t, size_t, int)");
