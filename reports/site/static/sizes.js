// "My sizes": the measured row where the size was measured; between measured sizes a predicted time with its range; and
// no number at all away from them. Where the machine left a profile for the view, its model answers (answer.js).
//
// Without one: a Gaussian process over the logs of the sizes, on the measured cells nearest to the question: a linear trend, a smooth
// curve along each axis, and a smooth remainder for what the axes do together. Fixed scales, so nothing is tuned here.
// NOISE is the variance of a measured log time: with it in the range, 95 % of times that were left out lie in theirs.
"use strict";

const NEAREST = 60, LENGTH = 2.5, NOISE = 2e-3;
const FAR = Math.log(2) * (1 + 1e-9); // an octave: what lies further from all that was measured gets no number

function covariance(a, b) {
  let linear = 25, curves = 0, square = 0;
  for (let i = 0; i < a.length; i += 1) {
    const gap = (a[i] - b[i]) ** 2;
    linear += a[i] * b[i];
    curves += Math.exp(-gap / (2 * LENGTH * LENGTH));
    square += gap;
  }
  return linear + curves + 0.3 * Math.exp(-square / (2 * LENGTH * LENGTH));
}

// Mean of a quantity at `at` and the standard deviation of a measurement of it, from points [place, value].
function predict(points, at) {
  const centred = points.map(([place, value]) => [place.map((x, i) => x - at[i]), value]); // the question is the origin
  const level = meanOf(points.map(([, value]) => value));
  const zero = at.map(() => 0);
  const matrix = centred.map(([a], i) => centred.map(([b], j) => covariance(a, b) + (i === j ? NOISE : 0)));
  const lower = cholesky(matrix);
  const left = solveLower(lower, centred.map(([, value]) => value - level));
  const right = solveLower(lower, centred.map(([place]) => covariance(place, zero)));
  let mean = level, variance = covariance(zero, zero);
  for (let i = 0; i < left.length; i += 1) { mean += left[i] * right[i]; variance -= right[i] * right[i]; }
  return { mean, deviation: Math.sqrt(Math.max(variance, 0) + NOISE) };
}

// The cells of a view that a logarithm takes: [place, sizes, entries, logs of the sizes].
function placedCells(view) {
  return view.cells.filter(([, sizes]) => sizes.every((size) => size > 0)).map(([cell, sizes, entries]) => [cell, sizes, entries, sizes.map(Math.log)]);
}

function nearestFirst(cells, at) {
  const far = ([, , , logs]) => logs.reduce((sum, log, i) => sum + (log - at[i]) ** 2, 0);
  return [...cells].sort((a, b) => far(a) - far(b));
}

function sizeWords(axes, sizes) { return axes.map((axis, i) => `${axis} ${sizes[i].toLocaleString("en-US")}`).join(", "); }

// What is held against the measured: each size, the products of all sizes but one, and the product of all.
function quantities(axes) {
  const all = axes.map((_, i) => i);
  const sets = [...all.map((i) => [i]), ...(axes.length > 2 ? all.map((left) => all.filter((i) => i !== left)) : []), ...(axes.length > 1 ? [all] : [])];
  return sets.map((set) => ({ name: set.map((i) => axes[i]).join("·"), of: (logs) => set.reduce((sum, i) => sum + logs[i], 0) }));
}

// Why no number can be given at `at` from these cells, in words; empty where one can.
function outsideWords(axes, cells, at) {
  const times = (log) => `${threeDigits(Math.exp(log))} times`;
  const beyond = quantities(axes).flatMap(({ name, of }) => {
    const logs = cells.map((cell) => of(cell[3])), asked = of(at);
    const low = Math.min(...logs), high = Math.max(...logs), told = (log) => Number(Math.exp(log).toPrecision(4)).toLocaleString("en-US");
    if (asked > high + FAR) return [[asked - high, `${name} is ${times(asked - high)} the largest measured (${told(high)})`]];
    return asked < low - FAR ? [[low - asked, `${name} is below the smallest measured (${told(low)}) by a factor of ${threeDigits(Math.exp(low - asked))}`]] : [];
  });
  if (beyond.length) return beyond.sort(([a], [b]) => b - a).slice(0, 2).map(([, words]) => words).join("; ");
  const off = ([, , , logs]) => logs.map((log, i) => [axes[i], Math.abs(log - at[i])]).filter(([, gap]) => gap > FAR);
  const nearest = nearestFirst(cells, at).reduce((best, cell) => (off(cell).length < off(best).length ? cell : best));
  const gaps = off(nearest);
  return gaps.length < 2 ? "" : `even the nearest measured size (${sizeWords(axes, nearest[1])}) is ${gaps.map(([axis, gap]) => `${times(gap)} off in ${axis}`).join(" and ")}`;
}

// One row per strategy: predicted seconds with their range; or why there is none.
function predictions(view, at, allowed) {
  const near = nearestFirst(placedCells(view), at);
  return view.impls.map((impl, i) => {
    if (!allowed.has(impl)) return null;
    const timed = near.filter((cell) => Array.isArray(cell[2][i])), closest = near[0][2][i];
    if (!Array.isArray(closest)) return { impl, status: `${closest} at the nearest measured size` };
    if (timed.length < 3 || outsideWords(view.axes, timed, at)) return { impl, status: "no time measured near this size" };
    const { mean, deviation } = predict(timed.slice(0, NEAREST).map((cell) => [cell[3], meanOf(logTimes(cell[2][i]))]), at);
    return { impl, seconds: Math.exp(mean), low: Math.exp(mean - 2 * deviation), high: Math.exp(mean + 2 * deviation) };
  }).filter(Boolean);
}

// The rows of a measured size: seconds with their interval over sessions, bytes, error; or the status.
function measuredRows(view, [, , entries, common], allowed) {
  return view.impls.map((impl, i) => {
    const entry = entries[i];
    if (!allowed.has(impl)) return null;
    if (!Array.isArray(entry)) return { impl, status: entry };
    const logs = logTimes(entry).map((log, session) => (log === null ? null : log + common[session] * DATA.step));
    const { mean, low, high } = compare(logs, logs.map(() => 0), entry[3] ?? NaN, 0);
    return { impl, seconds: Math.exp(mean), low: Math.exp(low), high: Math.exp(high), memory: entry[1], error: entry[2] };
  }).filter(Boolean);
}

// Where exactly this size was measured: in the view itself, else in another one of the same machine and setting.
function measuredAt(id, sizes) {
  const own = DATA.views[id], workload = (name) => name.split("-")[0];
  const alike = Object.keys(DATA.views).filter((name) => workload(name) === workload(id) && DATA.views[name].like === own.like);
  for (const name of [id, ...alike]) {
    const cell = DATA.views[name].cells.find(([, measured]) => measured.every((size, i) => size === sizes[i]));
    if (cell) return { name, cell };
  }
  return null;
}

function sizesTable(rows, heads, cellsOf) {
  const rank = (row) => row.total ?? row.seconds ?? Infinity, ranked = [...rows].sort((a, b) => rank(a) - rank(b));
  const body = ranked.map((row) => {
    const { hue, sign } = DATA.strategies[row.impl];
    const name = element("td", {}, element("span", { class: `hue-${hue}` }, sign), ` ${row.impl}`);
    if (row.seconds === undefined) return element("tr", {}, name, element("td", { colspan: String(heads.length - 1), class: "trouble" }, row.status));
    return element("tr", {}, name, ...cellsOf(row).map((text) => element("td", { class: "n" }, text)));
  });
  const head = element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text))));
  return element("div", { class: "scroll", tabindex: "0" }, element("table", {}, head, element("tbody", {}, ...body)));
}

function viewTitle(id) { return document.querySelector(`#${id} > summary`).textContent.replace(/\s+/g, " ").trim(); }

// What is known of a size: measured, predicted, or nothing, as elements.
function knownOf(id, sizes, allowed) {
  const view = DATA.views[id], found = measuredAt(id, sizes);
  if (found) {
    const heads = ["strategy", "time", "95 % interval", "extra memory", "error"];
    const cellsOf = (row) => [secondsWords(row.seconds), rangeWords(row), row.memory === null ? "" : memoryWords(row.memory), row.error === null ? "" : row.error.toExponential(1)];
    return [element("p", {}, `Measured at exactly this size, in ${viewTitle(found.name)}.`),
      sizesTable(measuredRows(DATA.views[found.name], found.cell, allowed), heads, cellsOf),
      ...(view.model ? answerOf(view, sizes, allowed) : [])];
  }
  if (view.model) return answerOf(view, sizes, allowed);
  const at = sizes.map(Math.log), cells = placedCells(view);
  const why = cells.length ? outsideWords(view.axes, cells, at) : "no measured size has a logarithm";
  if (why) return [element("p", {}, `Outside what was measured: ${why}. So there is no time and no strategy to name here; measure this size.`)];
  const said = `Between the measured sizes; the nearest is ${sizeWords(view.axes, nearestFirst(cells, at)[0][1])}.`;
  return [element("p", {}, said), sizesTable(predictions(view, at, allowed), ["strategy", "predicted time", "likely between"], (row) => [secondsWords(row.seconds), rangeWords(row)])];
}

function updateSizes(allowed) {
  const out = document.getElementById("sizes-out"), view = DATA.views[STATE.sizes.view];
  const sizes = view ? view.axes.map((axis) => Number(STATE.sizes[axis])) : [];
  if (!view || !sizes.every((size) => size > 0)) { out.replaceChildren(element("p", { class: "note" }, "Fill in every size with a number above 0.")); return; }
  out.replaceChildren(...knownOf(STATE.sizes.view, sizes, allowed));
}

// The fields: which view (its name tells dtype, stage, machine), and one number for each of its axes.
function buildSizes() {
  const select = document.getElementById("sizes-view"), fields = document.getElementById("sizes-fields");
  select.replaceChildren(...Object.keys(DATA.views).map((id) => element("option", { value: id }, viewTitle(id))));
  const field = (name, label) => {
    const input = element("input", { type: "number", min: "0", step: "any", inputmode: "decimal" });
    input.value = STATE.sizes[name] ?? "";
    input.addEventListener("input", () => { STATE.sizes[name] = input.value; updateAll(); });
    return element("label", {}, `${label} `, input);
  };
  const fill = () => {
    const view = DATA.views[STATE.sizes.view];
    const middle = (i) => view.cells.map((cell) => cell[1][i]).sort((a, b) => a - b)[Math.floor(view.cells.length / 2)];
    view.axes.forEach((axis, i) => { STATE.sizes[axis] ??= String(middle(i)); });
    if (view.model) STATE.sizes.calls ??= "1"; // a first call counts with the calls that follow it
    fields.replaceChildren(...[...view.axes, ...(view.model ? ["calls"] : [])].map((name) => field(name, name)));
  };
  if (!DATA.views[STATE.sizes.view]) STATE.sizes.view = Object.keys(DATA.views)[0];
  select.value = STATE.sizes.view;
  select.addEventListener("change", () => { STATE.sizes.view = select.value; fill(); updateAll(); });
  fill();
}
