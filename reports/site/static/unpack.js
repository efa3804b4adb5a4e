// What travels packed, as base64 of zlib data.
"use strict";

async function unpack(text) {
  const stream = new DecompressionStream("deflate"), writer = stream.writable.getWriter();
  writer.write(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  writer.close();
  return new Response(stream.readable).json();
}

async function unpackAll(packed) {
  return Object.fromEntries(await Promise.all(Object.entries(packed).map(async ([name, text]) => [name, await unpack(text)])));
}
