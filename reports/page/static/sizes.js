// "My sizes": predicted time, memory and error of every strategy at sizes that need not have been measured.
//
// A Gaussian process over the logs of the sizes, on the measured cells nearest to the question: a linear trend, a smooth
// curve along each axis, and a smooth remainder for what the axes do together. Fixed scales, so nothing is tuned here.
"use strict";

const NEAREST = 60, LENGTH = 2.5, NOISE = 1e-4;

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

// Lower triangle L of a symmetric positive definite matrix, A = L L'.
function cholesky(matrix) {
  const lower = matrix.map((row) => new Float64Array(row.length));
  for (let i = 0; i < matrix.length; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k += 1) sum -= lower[i][k] * lower[j][k];
      lower[i][j] = i === j ? Math.sqrt(sum) : sum / lower[j][j];
    }
  }
  return lower;
}

function solveLower(lower, values) {
  const x = new Float64Array(values.length);
  for (let i = 0; i < x.length; i += 1) {
    let sum = values[i];
    for (let k = 0; k < i; k += 1) sum -= lower[i][k] * x[k];
    x[i] = sum / lower[i][i];
  }
  return x;
}

// Mean and standard deviation of a quantity at `at`, from points [place, value].
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
  return { mean, deviation: Math.sqrt(Math.max(variance, 0)) };
}

function nearestCells(view, at) {
  const far = (cell) => cell[1].reduce((sum, size, i) => sum + (Math.log(size) - at[i]) ** 2, 0);
  return [...view.cells].sort((a, b) => far(a) - far(b)).slice(0, NEAREST);
}

// One row per strategy: predicted seconds with a range, bytes, error; or the status at the nearest measured size.
function predictions(view, sizes, allowed) {
  const at = sizes.map(Math.log), near = nearestCells(view, at);
  return view.impls.map((impl, i) => {
    if (!allowed.has(impl)) return null;
    const timed = near.filter((cell) => Array.isArray(cell[2][i]));
    const closest = near[0][2][i];
    if (timed.length < 3 || !Array.isArray(closest)) return { impl, status: Array.isArray(closest) ? "too few sizes measured" : closest };
    const place = (cell) => cell[1].map(Math.log);
    const time = predict(timed.map((cell) => [place(cell), meanOf(logTimes(cell[2][i]))]), at);
    const sized = timed.filter((cell) => cell[2][i][1] !== null);
    const memory = sized.length < 3 ? null : Math.exp(predict(sized.map((cell) => [place(cell), Math.log(cell[2][i][1] + 1)]), at).mean) - 1;
    const spread = Math.exp(2 * time.deviation);
    return { impl, seconds: Math.exp(time.mean), spread, memory, error: closest[2] };
  }).filter(Boolean);
}

// Whether the sizes lie inside what was measured, in words.
function insideWords(view, sizes) {
  const outside = [];
  view.axes.forEach((axis, i) => {
    const measured = view.cells.map((cell) => cell[1][i]);
    const low = Math.min(...measured), high = Math.max(...measured);
    if (sizes[i] < low) outside.push(`${axis} is below the smallest measured (${low.toLocaleString("en-US")})`);
    if (sizes[i] > high) outside.push(`${axis} is above the largest measured (${high.toLocaleString("en-US")})`);
  });
  const [, nearest] = nearestCells(view, sizes.map(Math.log))[0];
  const place = view.axes.map((axis, i) => `${axis} ${nearest[i].toLocaleString("en-US")}`).join(", ");
  return outside.length ? `Outside what was measured: ${outside.join("; ")}. This is extrapolation; do not rely on it.`
    : `Inside the range measured on every axis. The nearest measured size is ${place}.`;
}

function sizesTable(rows, limit) {
  const fits = (row) => row.seconds !== undefined && !(row.memory > limit);
  const ranked = [...rows].sort((a, b) => fits(b) - fits(a) || (a.seconds || Infinity) - (b.seconds || Infinity));
  const body = ranked.map((row) => {
    const { hue, sign } = DATA.strategies[row.impl];
    const name = element("td", {}, element("span", { class: `hue-${hue}` }, sign), ` ${row.impl}`);
    if (row.seconds === undefined) return element("tr", {}, name, element("td", { colspan: "4", class: "trouble" }, `${row.status} at the nearest measured size`));
    const over = row.memory > limit;
    const cells = [secondsWords(row.seconds), `${secondsWords(row.seconds / row.spread)} to ${secondsWords(row.seconds * row.spread)}`,
      row.memory === null ? "" : bytesWords(Math.max(row.memory, 0)) + (over ? ", over the limit" : ""), row.error === null ? "" : row.error.toExponential(1)];
    return element("tr", {}, name, ...cells.map((text, i) => element("td", { class: over && i === 2 ? "n trouble" : "n" }, text)));
  });
  const heads = ["strategy", "predicted time", "likely between", "extra memory", "error, nearest size"];
  const head = element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text))));
  return element("table", {}, head, element("tbody", {}, ...body));
}

function updateSizes(allowed) {
  const out = document.getElementById("sizes-out"), view = DATA.views[STATE.sizes.view];
  const sizes = view ? view.axes.map((axis) => Number(STATE.sizes[axis])) : [];
  if (!view || !sizes.every((size) => size > 0)) { out.replaceChildren(element("p", { class: "note" }, "Fill in every size with a number above 0.")); return; }
  const limit = Number(STATE.sizes.mem) > 0 ? Number(STATE.sizes.mem) * 2 ** 20 : Infinity;
  out.replaceChildren(element("p", {}, insideWords(view, sizes)), element("div", { class: "scroll", tabindex: "0" }, sizesTable(predictions(view, sizes, allowed), limit)));
}

// The fields: which view (its name tells dtype, stage, machine), one number for each of its axes, a memory limit.
function buildSizes() {
  const select = document.getElementById("sizes-view"), fields = document.getElementById("sizes-fields");
  select.replaceChildren(...Object.keys(DATA.views).map((id) => {
    const summary = document.querySelector(`#${id} > summary`);
    return element("option", { value: id }, summary.textContent.replace(/\s+/g, " ").trim());
  }));
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
    fields.replaceChildren(...view.axes.map((axis) => field(axis, axis)), field("mem", "memory limit, MiB"));
  };
  if (!DATA.views[STATE.sizes.view]) STATE.sizes.view = Object.keys(DATA.views)[0];
  select.value = STATE.sizes.view;
  select.addEventListener("change", () => { STATE.sizes.view = select.value; fill(); updateAll(); });
  fill();
}
