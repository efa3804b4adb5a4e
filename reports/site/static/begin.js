// The first page begins: models are unpacked, the address is read, the first answer is given.
"use strict";

async function begin() {
  DATA.models = await unpackAll(DATA.models);
  DATA.memory = await unpackAll(DATA.memory);
  byId("labels").replaceChildren(...DATA.models.aggregate.labels.map((name) => element("option", {}, name)));
  for (const option of [...byId("stage").options]) if (!DATA.models[option.value]) option.remove(); // not measured here
  Object.assign(STATE, stateFrom(location.hash.slice(1)));
  fill();
  listen();
  listenToMaps();
  for (const id of ["chooser", "answer"]) byId(id).hidden = false;
  update();
  document.documentElement.dataset.ready = "yes";
  addEventListener("hashchange", () => { if (location.hash.includes("=")) { Object.assign(STATE, stateFrom(location.hash.slice(1))); fill(); update(); } });
}

const DATA = JSON.parse(document.getElementById("data").textContent);
if (typeof DecompressionStream === "undefined") byId("too-old").hidden = false; else begin();
