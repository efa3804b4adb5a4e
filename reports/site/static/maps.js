// The small maps: values under the pointer and under arrow keys; a click, or Enter, takes the size.
"use strict";

// Sizes at a place of a map, (0, 0) its lower left corner and (1, 1) its upper right.
function sizesAt(plane, x, y) {
  const at = ([low, high], share) => Math.max(1, Math.round(low * (high / low) ** share));
  return { ...plane.fixed, [plane.axes[0]]: at(plane.ends[0], x), [plane.axes[1]]: at(plane.ends[1], y) };
}

// Where a size lies on a map; null outside it.
function placeOf(plane, state) {
  const shares = plane.axes.map((axis, i) => Math.log(state[axis] / plane.ends[i][0]) / Math.log(plane.ends[i][1] / plane.ends[i][0]));
  return shares.every((share) => share >= 0 && share <= 1) ? shares : null;
}

function questionAt(plane, preset, x, y) {
  return { ...START, preset, ...sizesAt(plane, x, y), dtype: plane.itemsize === 4 ? "float32" : "float64", labels: plane.labels || "uniform" };
}

function tellMap(plane, preset, x, y) {
  const state = questionAt(plane, preset, x, y), { named, loop, distance, options } = answerFor(state, preset);
  const where = AXES.images.map((axis) => `${axis} ${state[axis].toLocaleString("en-US")}`).join(", ");
  if (!named || distance.octaves > 1) { byId("under").replaceChildren(`${DATA.labels[preset]}, ${where}: too far from anything measured.`); return; }
  const next = options.find((each) => each !== named);
  byId("under").replaceChildren(`${DATA.labels[preset]}, ${where}: `, signed(named.name), ` ${secondsWords(named.seconds)}${loop ? `, ${ratioWords(loop.seconds / named.seconds)} the loop` : ""}`, ...(next ? ["; next ", signed(next.name), ` ${ratioWords(next.seconds / named.seconds)} its time`] : []), ".");
}

function drawMark(svg, kind, shares) {
  svg.querySelectorAll(`.${kind}`).forEach((old) => old.remove());
  if (!shares) return;
  const [left, top, width, height] = DATA.box, mark = document.createElementNS(svg.namespaceURI, "circle");
  for (const [name, value] of Object.entries({ class: kind, cx: left + shares[0] * width, cy: top + (1 - shares[1]) * height, r: 5 })) mark.setAttribute(name, value);
  svg.append(mark);
}

// A ring on every map of the shown planes where the question lies, if it lies on the plane.
function markMaps(state) {
  for (const [id, plane] of Object.entries(DATA.planes)) {
    const alike = state.by === "images" && Object.entries(plane.fixed).every(([axis, size]) => state[axis] === size);
    for (const svg of document.querySelectorAll(`#${id} .map-box > svg`)) drawMark(svg, "here", alike ? placeOf(plane, state) : null);
  }
}

function listenToMap(box, plane, preset) {
  const svg = box.querySelector("svg"), [left, top, width, height] = DATA.box, at = [0.5, 0.5];
  const size = svg.getAttribute("viewBox").split(" ").map(Number);
  const place = (event) => {
    const frame = svg.getBoundingClientRect(), x = (event.clientX - frame.left) / frame.width * size[2], y = (event.clientY - frame.top) / frame.height * size[3];
    return [(x - left) / width, 1 - (y - top) / height];
  };
  const inside = ([x, y]) => x >= 0 && x <= 1 && y >= 0 && y <= 1;
  const choose = ([x, y]) => { const { T, L, F, K, dtype, labels } = questionAt(plane, preset, x, y); take({ preset, by: "images", T, L, F, K, dtype, labels }); fill(); };
  box.addEventListener("pointermove", (event) => { const found = place(event); if (inside(found)) tellMap(plane, preset, ...found); });
  box.addEventListener("click", (event) => { const found = place(event); if (inside(found)) choose(found); });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === "Enter") choose(at);
    if (!step) return;
    event.preventDefault();
    step.forEach((sign, i) => { at[i] = Math.min(1, Math.max(0, at[i] + sign / 24)); });
    drawMark(svg, "cross", at);
    tellMap(plane, preset, ...at);
  });
  box.addEventListener("focus", () => { drawMark(svg, "cross", at); tellMap(plane, preset, ...at); });
  box.addEventListener("blur", () => drawMark(svg, "cross", null));
}

function listenToMaps() {
  for (const [id, plane] of Object.entries(DATA.planes)) {
    for (const panel of document.querySelectorAll(`#${id} .panel`)) {
      const box = panel.querySelector(".map-box");
      if (box) listenToMap(box, plane, panel.dataset.set);
    }
  }
  const select = byId("plane");
  if (!select) return;
  select.disabled = false;
  select.addEventListener("change", () => { for (const plane of document.querySelectorAll(".plane")) plane.hidden = plane.id !== select.value; });
}
