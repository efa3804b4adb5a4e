// The page's choices live in the fragment of its address (#off=jax&no=loop&view=w1-v1&T=256), so that a link keeps them.
"use strict";

function writeState() {
  const parts = new URLSearchParams();
  if (STATE.off.size) parts.set("off", [...STATE.off].join(","));
  if (STATE.no.size) parts.set("no", [...STATE.no].join(","));
  if (STATE.touched) for (const [name, value] of Object.entries(STATE.sizes)) if (value) parts.set(name, value);
  const text = parts.toString();
  const target = text ? `#${text}` : location.pathname + location.search;
  if (text || location.hash.includes("=")) history.replaceState(null, "", target);
}

function readState() {
  if (!location.hash.includes("=")) return;
  const parts = new URLSearchParams(location.hash.slice(1));
  const names = (key) => new Set((parts.get(key) || "").split(",").filter(Boolean));
  STATE.off = names("off");
  STATE.no = names("no");
  for (const [name, value] of parts) if (name !== "off" && name !== "no") { STATE.sizes[name] = value; STATE.touched = true; }
}

async function start() {
  DATA.views = await unpackAll(DATA.views);
  DATA.models = await unpackAll(DATA.models);
  readState();
  buildSwitches();
  buildSizes();
  document.getElementById("sizes").addEventListener("input", () => { STATE.touched = true; }, true);
  document.getElementById("choose").hidden = false;
  updateAll();
  document.documentElement.dataset.ready = "yes";
  addEventListener("hashchange", () => { if (location.hash.includes("=")) { readState(); buildSwitches(); buildSizes(); updateAll(); } });
}

const DATA = JSON.parse(document.getElementById("data").textContent);
if (Object.keys(DATA.views).length) {
  if (typeof DecompressionStream === "undefined") document.getElementById("too-old").hidden = false;
  else start();
}
