// Values of a picture: of the mark nearest to the pointer, and of one mark after the other under the arrow keys.
"use strict";

const NEAR = 30, SAME = 1.5; // points of the picture; of marks at the same place the first is told

const MARKS = new WeakMap(); // of a picture, read when they are first asked for

function marksOf(svg) {
  if (!MARKS.has(svg)) {
    MARKS.set(svg, JSON.parse(svg.dataset.marks).flatMap(([series, points]) => points.map(([x, y, told, cell]) => ({ series, x, y, told, cell }))));
  }
  return MARKS.get(svg);
}

// The picture in a box may be put in another's place: it is looked up each time.
function listenToMarks(box) {
  const picture = () => box.querySelector("svg[data-marks]"), sizeOf = (svg) => svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const line = document.createElement("p"), name = document.createElement("b"), ring = document.createElementNS(picture().namespaceURI, "circle");
  line.className = "reading";
  line.setAttribute("aria-live", "polite");
  ring.setAttribute("class", "ring");
  ring.setAttribute("r", 6);
  box.after(line);
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Picture: the left and right arrow keys read its values");
  let at = -1;
  const show = (svg, place) => {
    at = place;
    const mark = svg && marksOf(svg)[place];
    ring.remove();
    if (!mark) { line.replaceChildren(); return; }
    ring.setAttribute("cx", mark.x);
    ring.setAttribute("cy", mark.y);
    svg.append(ring);
    name.textContent = mark.series;
    line.replaceChildren(name, ` ${mark.told}`);
  };
  box.addEventListener("pointermove", (event) => {
    const svg = picture();
    if (!svg) return;
    const frame = svg.getBoundingClientRect(), [width, height] = sizeOf(svg);
    const x = (event.clientX - frame.left) / frame.width * width, y = (event.clientY - frame.top) / frame.height * height;
    let nearest = -1, least = NEAR;
    marksOf(svg).forEach((mark, place) => { const far = Math.hypot(mark.x - x, mark.y - y); if (far < least - SAME) [nearest, least] = [place, far]; });
    if (nearest !== at) show(svg, nearest);
  });
  box.addEventListener("pointerleave", () => show(null, -1));
  box.addEventListener("focus", () => { if (at < 0) show(picture(), 0); });
  box.addEventListener("blur", () => show(null, -1));
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], svg = picture(), count = svg ? marksOf(svg).length : 0;
    if (!step || !count) return;
    event.preventDefault();
    show(svg, (Math.max(at, step > 0 ? -1 : 0) + step + count) % count);
    box.scrollLeft = marksOf(svg)[at].x / sizeOf(svg)[0] * svg.getBoundingClientRect().width - box.clientWidth / 2;
  });
}

for (const box of document.querySelectorAll("figure .scroll")) if (box.querySelector("svg[data-marks]")) listenToMarks(box);
