// What is asked, and what the models of the machine's profile answer: pure functions on DATA and a state.
// Rows and groups without images are asked as impls/scatter/_choose.py asks: from times of their own where F is 1, else
// as residual sums of the same size, for the number of images that lies best among what was measured.
"use strict";

const AXES = { images: ["T", "L", "F", "K"], rows: ["N", "F", "M"] };
const MOST_IMAGES = 13, MEMORY_DOUBT = 1.5;
const MANY = 1e9; // calls, where none are named: first calls do not count then

// The same sums as T images.
function asImages(entry, N, F, M) {
  const most = Math.max(1, Math.min(N, M)), cells = [];
  for (let i = 0; i < MOST_IMAGES; i += 1) {
    const T = 2 ** i;
    if (T <= most) cells.push([T, Math.max(1, rounded(N / T)), F, Math.max(1, rounded(M / T))]);
  }
  const far = cells.map((cell) => outside(entry, cell, null));
  return cells[far.indexOf(Math.min(...far))];
}

// To the nearest whole number, halves to the even one, as Python rounds.
function rounded(value) {
  const low = Math.floor(value), rest = value - low;
  return rest === 0.5 ? (low % 2 ? low + 1 : low) : Math.round(value);
}

// Which model is asked for which sizes.
function questionOf(state) {
  const sizes = AXES[state.by].map((axis) => state[axis]), itemsize = state.dtype === "float32" ? 4 : 8;
  if (state.by === "images") return { id: state.stage, sizes, itemsize, converted: false };
  const [N, F, M] = sizes;
  if (F === 1 && DATA.models.flat) return { id: "flat", sizes: [N, M], itemsize, converted: false };
  return { id: "aggregate", sizes: asImages(DATA.models.aggregate, N, F, M), itemsize, converted: true };
}

// Strategies that a set of packages may use for a question.
function namesFor(state, preset) {
  const packages = DATA.presets[preset];
  return Object.keys(DATA.strategies).filter((name) => {
    const { needs, rows } = DATA.strategies[name], itemsize = state.dtype === "float32" ? 4 : 8;
    const able = state.by === "images" || (rows && (state.error === "any" || rows.includes(itemsize)));
    return able && (packages === null || needs.every((need) => packages.includes(need.split(".")[0])));
  });
}

// Extra bytes of a strategy, looked up between the places of a grid; null where nothing is known.
function bytesOf(question, name, labels) {
  const table = DATA.memory[question.id], own = table && table.bytes[name];
  if (!own) return null;
  const ends = question.sizes.map((size, axis) => {
    const octaves = table.grid[axis], at = Math.min(Math.max(Math.log2(size), octaves[0]), octaves[octaves.length - 1]);
    const upper = Math.max(1, octaves.findIndex((octave) => octave >= at)), share = (at - octaves[upper - 1]) / (octaves[upper] - octaves[upper - 1]);
    return [[upper - 1, 1 - share], [upper, share]];
  });
  let total = 0;
  for (let corner = 0; corner < 2 ** ends.length; corner += 1) {
    let place = 0, weight = 1;
    ends.forEach((two, axis) => {
      const [index, share] = two[(corner >> axis) & 1];
      place = place * table.grid[axis].length + index;
      weight *= share;
    });
    if (weight) total += weight * own[question.itemsize][place];
  }
  const factor = (table.factor[name] || {})[labels || "uniform"] || 1;
  return (2 ** (total * table.step) - 1) * factor;
}

// The answer for a state and a set of packages: what modelAnswer finds, with memory and error of every option.
function answerFor(state, preset) {
  const question = questionOf(state), entry = DATA.models[question.id];
  const limit = state.memory > 0 ? state.memory * 2 ** 20 : Infinity;
  const labels = entry.labels.includes(state.labels) ? state.labels : null;
  const names = namesFor(state, preset), fits = (name) => !(bytesOf(question, name, labels) * MEMORY_DOUBT > limit);
  const able = names.filter(fits), asked = { sizes: question.sizes, itemsize: question.itemsize, labels };
  const found = modelAnswer(entry, asked, able, state.calls || MANY, state.error === "any" || state.by === "rows");
  const loop = entry.strategies.loop ? predicted(entry, "loop", ...givenFor(entry, asked)) : null;
  return { ...found, question, entry, labels, loop, left: names.filter((name) => !fits(name) && entry.strategies[name]) };
}

function givenFor(entry, asked_) { return [asked(entry, asked_), widening(outside(entry, asked_.sizes, asked_.itemsize))]; }

function errorOf(question, name) { const known = DATA.errors[question.id][name] || {}; return known[question.itemsize] ?? null; }
