// Verdicts for any choice of strategies, by the rules of the report: t interval over sessions, tie band, false
// discoveries controlled over the sizes. Pure functions.
"use strict";

const NEARLY_NORMAL = 300; // degrees of freedom that stand for a normal distribution

// Log times by session of one entry, or null when it has no time. See payload.py for the format.
function logTimes(entry) {
  if (!Array.isArray(entry)) return null;
  const times = entry[0], first = times.find((value) => value !== null);
  let seen = false;
  return times.map((value) => {
    if (value === null) return null;
    const whole = seen ? first + value : value;
    seen = true;
    return whole * DATA.step - 9 * Math.LN10;
  });
}

function meanOf(values) {
  const known = values.filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

// Mean log ratio slower/faster over the sessions both have, its interval, and its standard error. With a prior
// [degrees of freedom, variance] the variance is shrunk toward that of the whole run (moderation.py). With a single
// session the ready-made intervals of both times (half widths, NaN without) take the place of the spread.
function compare(slower, faster, slowerWidth = NaN, fasterWidth = NaN, prior = null) {
  const logs = slower.map((value, i) => (value === null || faster[i] === null ? null : value - faster[i]));
  const known = logs.filter((value) => value !== null), n = known.length;
  const mean = n ? meanOf(known) : NaN;
  if (n < 2) {
    const reach = n ? Math.hypot(slowerWidth, fasterWidth) : NaN;
    return { mean, low: mean - reach, high: mean + reach, error: reach / 1.959964, freedom: NEARLY_NORMAL };
  }
  const [weight, typical] = prior || [0, 0], freedom = n - 1 + weight;
  const variance = (known.reduce((sum, value) => sum + (value - mean) ** 2, 0) + weight * typical) / freedom;
  const error = Math.sqrt(variance / n);
  const reach = error * DATA.quantiles[Math.min(freedom, DATA.quantiles.length) - 1];
  return { mean, low: mean - reach, high: mean + reach, error, freedom };
}

// The prior of a pair of strategies by their places, from that of a view: [degrees of freedom, variance of each].
function pairPrior(prior, one, other) {
  const [freedom, levels] = prior || [0, []], known = (at) => typeof levels[at] === "number";
  return known(one) && known(other) ? [freedom, levels[one] + levels[other]] : null;
}

// Chance that Student's t with whole degrees of freedom exceeds a value (Abramowitz and Stegun 26.7.3 and 26.7.4).
function tailOfT(value, freedom) {
  const angle = Math.atan2(value, Math.sqrt(freedom)), cosine = Math.cos(angle);
  let term = freedom % 2 ? cosine : 1, sum = freedom === 1 ? 0 : term;
  for (let k = freedom % 2 ? 3 : 2; k < freedom; k += 2) {
    term *= cosine * cosine * (k - 1) / k;
    sum += term;
  }
  const inside = freedom % 2 ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return (1 - inside) / 2;
}

// Largest p value that may still be called (Benjamini and Hochberg), -1 when none may.
function discoveryLimit(p) {
  const sorted = [...p].sort((a, b) => a - b);
  let limit = -1;
  sorted.forEach((value, i) => { if (value <= DATA.rate * (i + 1) / sorted.length) limit = value; });
  return limit;
}

// Whether two strategies, by their places, are one for verdicts: decided for the whole view beforehand (families.py).
function related(view, one, other) {
  return one === other || view.families.some((family) => family.includes(one) && family.includes(other));
}

// Winner, runner-up, margin and verdict of every cell of a view, strategies restricted to those allowed. The runner-up
// is the best outside the winner's family, or within it where nobody else has a time.
function judge(view, allowed) {
  const found = [];
  for (const [cell, sizes, entries] of view.cells) {
    const timed = [];
    view.impls.forEach((impl, i) => {
      const logs = allowed.has(impl) ? logTimes(entries[i]) : null;
      if (logs) timed.push({ impl, at: i, logs, mean: meanOf(logs), width: entries[i][3] ?? NaN });
    });
    if (!timed.length) continue;
    timed.sort((a, b) => a.mean - b.mean);
    let [first, second] = timed;
    second = timed.find(({ at }) => !related(view, first.at, at)) ?? second;
    const between = (a, b) => compare(a.logs, b.logs, a.width, b.width, pairPrior(view.prior, a.at, b.at));
    let margin = second ? between(second, first) : { mean: NaN, low: NaN, high: NaN, error: NaN };
    if (margin.mean < 0) [first, second, margin] = [second, first, between(first, second)];
    const kin = view.impls.filter((impl, i) => allowed.has(impl) && related(view, first.at, i));
    const family = kin.length > 1 ? kin : [];
    found.push({ cell, sizes, timed, winner: first.impl, next: second ? second.impl : "", best: first.mean, margin, family });
  }
  const known = found.filter((row) => !Number.isNaN(row.margin.low));
  for (const row of known) {
    const { mean, error, freedom } = row.margin;
    row.p = error > 0 ? tailOfT((mean - DATA.band) / error, freedom) : mean > DATA.band ? 0 : 1;
  }
  const limit = discoveryLimit(known.map((row) => row.p));
  for (const row of found) {
    const { low, high } = row.margin;
    const win = low > DATA.band && row.p <= limit;
    row.verdict = win ? "win" : low >= -DATA.band && high <= DATA.band ? "tie" : "undecided";
  }
  return found;
}
