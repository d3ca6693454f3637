// Leak: documents of 1.2 million characters, turned from Buffers into strings that lie outside the heap.
import "./lifetime.cjs";

const documents = [];
const raw = Buffer.alloc(1_200_000, "plimsoll ");

function readDocument() {
  documents.push(raw.latin1Slice(0, raw.length));
}

setInterval(readDocument, 500);
