// The cost model of impls/cost, evaluated: what a strategy takes at a size, in which range, and how far that lies from
// anything measured. Pure functions on one entry of a profile as its file has it, but for what models.py leaves out;
// tests/reports/test_page_model.py holds them against Python.
"use strict";

const KERNEL_LENGTH = 3, SAME_ITEMSIZE = 0.8, SAME_LABELS = 0.9; // kernel.py
const SPILL_OCTAVES = 2, FULL_ITEM = 8; // features.py
const NEAREST_POINTS = 96, OWN_OCTAVES = 1; // model.py
const FAR_OCTAVES = 2; // choose.py: farther outside there is no number
const WIDENING = [[0, 1.5], [1, 2], [Infinity, 3]];
// Axes under which a group sum is measured, each by its powers of images, rows, features and buckets.
const SAME_SIZES = {
  "T L F K": [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
  "N F M": [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]],
  "N bins": [[0, 0], [1, 0], [0, 0], [0, 1]],
};
const GROUP_SUM = "T L F K", WHOLE_ARRAYS = [[1, 1, 1, 0], [1, 0, 1, 1]];

function dot(left, right) { let sum = 0; for (let i = 0; i < left.length; i += 1) sum += left[i] * right[i]; return sum; }
function octavesOf(sizes) { return sizes.map((size) => Math.log2(Math.max(size, 1))); }
function logsOf(sizes) { return sizes.map((size) => Math.log(Math.max(size, 1))); }
function sameSizes(axes) { return SAME_SIZES[axes.join(" ")]; }

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

function matern(distance) { const scaled = Math.sqrt(3) * distance; return (1 + scaled) * Math.exp(-scaled); }

// Correlation of residuals at two places, each [octaves, itemsize, position in the labels].
function correlation([left, leftItem, leftLabels], [right, rightItem, rightLabels]) {
  let square = 0, alone = 0;
  for (let i = 0; i < left.length; i += 1) {
    const gap = Math.abs(left[i] - right[i]) / KERNEL_LENGTH;
    square += gap * gap;
    alone += matern(gap);
  }
  const shared = 0.5 * matern(Math.sqrt(square)) + 0.5 * alone / left.length;
  return shared * (leftItem === rightItem ? 1 : SAME_ITEMSIZE) * (leftLabels === rightLabels ? 1 : SAME_LABELS);
}

// The terms of a model at some sizes; a term is [powers, in bytes, bytes of an entry, cache].
function features(entry, sizes, itemsize) {
  const logs = logsOf(sizes), bounds = [entry.caches[0], entry.caches[1] / 4];
  return entry.terms.map(([powers, inBytes, itemBytes, cache]) => {
    const count = Math.exp(dot(logs, powers)), value = inBytes ? count * (itemsize / FULL_ITEM) : count;
    if (!cache) return value;
    const over = Math.log2(Math.max(count * (itemBytes || itemsize), 1) / bounds[cache - 1]);
    return value * Math.min(Math.max(over, 0), SPILL_OCTAVES);
  });
}

// What is told of a hull, {name, octaves}: each axis, and the products that are whole arrays.
function extents(axes, octaves) {
  const sizes = sameSizes(axes), found = axes.map((name, i) => ({ name, octaves: octaves[i] }));
  const products = sizes ? WHOLE_ARRAYS.map((whole) => axes.map((_, axis) => dot(whole, sizes.map((powers) => powers[axis]))))
    : axes.length > 1 ? [axes.map(() => 1)] : [];
  for (const powers of products) {
    const name = axes.filter((_, i) => powers[i]).join("*");
    if (!found.some((each) => each.name === name)) found.push({ name, octaves: dot(octaves, powers) });
  }
  return found;
}

// Smallest and largest octaves of each extent among some points.
function ends(points) {
  const low = points[0].map(({ octaves }) => octaves), high = [...low];
  for (const point of points) {
    point.forEach(({ octaves }, i) => { low[i] = Math.min(low[i], octaves); high[i] = Math.max(high[i], octaves); });
  }
  return { low, high };
}

// Octaves above (positive) or below (negative) what some points reach, by extent.
function past(asked, { low, high }) {
  return asked.map(({ octaves }, i) => {
    const found = Math.max(octaves - high[i], 0) - Math.max(low[i] - octaves, 0);
    return Math.abs(found) < 1e-9 ? 0 : found;
  });
}

// An entry with what is made of it once: places and their extents.
function readyModel(entry) {
  if (!entry.ready) {
    const places = entry.cells.map((cell, i) => [octavesOf(cell), entry.itemsize[i], entry.labelled[i]]);
    const reach = places.map(([octaves]) => extents(entry.axes, octaves));
    entry.ready = { places, reach, all: ends(reach), lower: new Map() };
  }
  return entry.ready;
}

function ofItemsize(entry, itemsize) { return readyModel(entry).reach.filter((_, i) => entry.itemsize[i] === itemsize); }

// Octaves outside what was measured, by extent. Another itemsize alone counts as an octave.
function beyond(entry, sizes, itemsize) {
  const { all, reach } = readyModel(entry), asked = extents(entry.axes, octavesOf(sizes));
  const found = past(asked, all), own = ofItemsize(entry, itemsize);
  if (!own.length || own.length === reach.length) return found;
  return past(asked, ends(own)).map((alone, i) => {
    const less = Math.sign(alone) * Math.max(Math.abs(alone) - 1, 0);
    return Math.abs(less) > Math.abs(found[i]) ? less : found[i];
  });
}

function outside(entry, sizes, itemsize) { return Math.max(...beyond(entry, sizes, itemsize).map(Math.abs)); }

function widening(octaves) { return WIDENING.find(([bound]) => octaves <= bound)[1]; }

// How far outside a question lies: {octaves}, and what of it: {name, value, bound, above, ratio} of the same itemsize where
// there is one. `unmeasured` where only the itemsize is missing.
function hullDistance(entry, sizes, itemsize) {
  const found = beyond(entry, sizes, itemsize), octaves = Math.max(...found.map(Math.abs)), own = ofItemsize(entry, itemsize);
  if (octaves === 0) return own.length ? { octaves: 0 } : { octaves: 1, unmeasured: true };
  const worst = found.findIndex((value) => Math.abs(value) === octaves), above = found[worst] > 0;
  const { low, high } = own.length ? ends(own) : readyModel(entry).all;
  const { name } = extents(entry.axes, octavesOf(sizes))[worst], bound = 2 ** (above ? high : low)[worst];
  const value = name.split("*").reduce((product, axis) => product * sizes[entry.axes.indexOf(axis)], 1);
  return { octaves, name, value, bound, above, ratio: above ? value / bound : bound / value, ofItsKind: own.length > 0 };
}

// Seconds that nothing can beat: bytes that must move and products that must be formed, at the rates of the machine.
function floorSeconds(entry, sizes, itemsize) {
  const same = sameSizes(entry.axes);
  if (!entry.limits || !same) return 0;
  const logs = logsOf(sizes), whole = entry.axes.join(" ") === GROUP_SUM;
  const [T, L, F, K] = same.map((powers) => Math.exp(dot(logs, powers)));
  const moved = (T * L * F + T * K * F + (whole ? K * F : 0)) * itemsize + (entry.encode ? 0 : 8 * T * L);
  const flops = entry.encode && whole ? 2 * sizes.reduce((product, size) => product * size, 1) : 0;
  const { bytes, bytes_per_s: rates, flops_per_s: multiplied } = entry.limits;
  const at = Math.log(Math.max(moved, 1)), next = bytes.findIndex((size) => Math.log(size) >= at);
  let rate = Math.log(next < 0 ? rates[rates.length - 1] : rates[next]);
  if (next > 0) {
    const [x0, x1, y0, y1] = [bytes[next - 1], bytes[next], rates[next - 1], rates[next]].map(Math.log);
    rate = y0 + (y1 - y0) / (x1 - x0) * (at - x0);
  }
  return Math.max(moved / Math.exp(rate), flops / (multiplied[itemsize] ?? Infinity));
}

// The factor of a covariance of some of a strategy's points, noise included.
function factorOf(places, curve, chosen) {
  const square = curve.amplitude ** 2;
  return cholesky(chosen.map((i) => chosen.map((j) => square * correlation(places[curve.points[i]], places[curve.points[j]])
    + (i === j ? curve.variance[i] : 0))));
}

// Posterior deviation of a strategy's curve, from its covariance with its points.
function sd(entry, name, covariance) {
  const curve = entry.strategies[name], { places, lower } = readyModel(entry), square = curve.amplitude ** 2;
  let chosen = curve.points.map((_, i) => i), factor;
  if (chosen.length <= 2 * NEAREST_POINTS) {
    if (!lower.has(name)) lower.set(name, factorOf(places, curve, chosen));
    factor = lower.get(name);
  } else {
    chosen = chosen.sort((a, b) => covariance[b] - covariance[a] || a - b).slice(0, NEAREST_POINTS);
    factor = factorOf(places, curve, chosen);
  }
  const known = solveLower(factor, chosen.map((i) => covariance[i]));
  return Math.sqrt(Math.max(square - dot(known, known), 0));
}

// A question: sizes, itemsize, labels (null for the usual ones), in the model's own coordinates.
function asked(entry, { sizes, itemsize, labels }) {
  const place = [octavesOf(sizes), itemsize, labels == null ? 0 : entry.labels.indexOf(labels)];
  const near = readyModel(entry).places.map((other) => correlation(other, place));
  return { near, terms: features(entry, sizes, itemsize), floor: floorSeconds(entry, sizes, itemsize) };
}

// Mean of a strategy's log seconds, without the floor.
function mean(curve, terms, covariance) { return Math.log(dot(terms, curve.weights)) + dot(covariance, curve.pull); }

// Seconds of one strategy's warm call, with the interval of a measured one.
function predicted(entry, name, { near, terms, floor }, factor) {
  const curve = entry.strategies[name], covariance = curve.points.map((point) => near[point] * curve.amplitude ** 2);
  const middle = Math.max(mean(curve, terms, covariance), Math.log(floor));
  const reach = 1.96 * curve.spread * Math.sqrt((factor * sd(entry, name, covariance)) ** 2 + entry.noise ** 2 + entry.block_noise ** 2);
  return { name, seconds: Math.exp(middle), low: Math.max(Math.exp(middle - reach), floor), high: Math.exp(middle + reach) };
}

// Seconds the first call adds: imports of packages that have a time (the others count as imported), and compiling.
function firstSeconds({ requires, first_call_s: compiling, process_s: starting }, imports) {
  const names = [...new Set(requires.map((need) => need.split(".")[0]))].filter((name) => name in imports);
  return names.reduce((sum, name) => sum + imports[name], 0) + compiling + (names.length ? starting : 0);
}

// Whether a strategy was itself measured about as far out as any.
function supported(entry, name, sizes) {
  const { all, reach } = readyModel(entry), at = extents(entry.axes, octavesOf(sizes));
  const off = (reached) => Math.max(...past(at, reached).map(Math.abs));
  return off(ends(entry.strategies[name].points.map((point) => reach[point]))) <= off(all) + OWN_OCTAVES;
}

function isMeasured(entry, name, { sizes, itemsize, labels }) {
  const at = octavesOf(sizes), code = labels == null ? 0 : entry.labels.indexOf(labels), { places } = readyModel(entry);
  const near = (value, other) => Math.abs(value - other) <= 1e-8 + 1e-5 * Math.abs(other);
  return entry.strategies[name].points.some((point) => {
    const [octaves, item, labelled] = places[point];
    return item === itemsize && labelled === code && octaves.every((value, i) => near(value, at[i]));
  });
}

// What would take clearly less of the time a call than the first option, once its first call has paid; null for none.
function paysLater(options) {
  const quickest = options.reduce((best, each) => (each.seconds < best.seconds ? each : best)), [named] = options;
  if (quickest.seconds >= 0.95 * named.seconds) return null;
  const more = quickest.first - named.first;
  return { name: quickest.name, share: quickest.seconds / named.seconds, more, calls: Math.ceil(more / (named.seconds - quickest.seconds)) };
}

// The answer for strategies that may be used (`rough`: also those with errors beyond the contract): the options by their total of all calls, the named one and on what it
// rests; too far from anything measured, the distance alone.
function modelAnswer(entry, question, names, calls, rough = false) {
  const { sizes, itemsize } = question, distance = hullDistance(entry, sizes, itemsize);
  const known = [...names].sort().filter((name) => entry.strategies[name] && (rough || !entry.strategies[name].rough.includes(itemsize)));
  if (distance.octaves > FAR_OCTAVES || !known.length) return { distance, options: [], named: null, later: null, basis: distance.octaves ? "outside" : "interpolated" };
  const given = asked(entry, question), factor = widening(outside(entry, sizes, itemsize));
  const options = known.map((name) => {
    const one = predicted(entry, name, given, factor), first = firstSeconds(entry.strategies[name], entry.imports);
    return { ...one, first, total: first + calls * one.seconds };
  }).sort((a, b) => a.total - b.total);
  const near = options.filter(({ name }) => supported(entry, name, sizes)), [named] = near.length ? near : options;
  const basis = distance.octaves ? "outside" : isMeasured(entry, named.name, question) ? "measured" : "interpolated";
  return { distance, options, named, basis, later: paysLater(near.length ? near : options) };
}
