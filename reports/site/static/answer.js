// What the model of a machine's profile answers about "my sizes", as elements. The numbers are those of model.js.
"use strict";

function distanceWords({ name, value, bound, above, ratio, ofItsKind, unmeasured }, itemsize) {
  const float = `float${8 * itemsize}`, whole = (size) => Math.round(size).toLocaleString("en-US");
  if (unmeasured) return `Outside what was measured: ${float} was not, only other numbers`;
  const how = above ? `${threeDigits(ratio)} times the largest` : `${threeDigits(ratio)} times smaller than the smallest`;
  return `Outside what was measured${ofItsKind ? ` in ${float}` : ""}: ${name.replaceAll("*", "·")} = ${whole(value)} is ${how} (${whole(bound)})`;
}

function laterWords(later) {
  return later ? [" ", codeWord(later.name), ` would take ${threeDigits(later.share)} of the time a call, but its first costs ${secondsWords(later.more)} more, so it pays from ${later.calls.toLocaleString("en-US")} calls on.`] : [];
}

// Which strategy, how fast, on what that rests.
function namedWords({ named, options, basis, distance, later }, calls, itemsize) {
  const rests = { measured: "The model was fitted to this size", interpolated: "Predicted between the measured sizes", outside: distance.octaves ? `${distanceWords(distance, itemsize)}, so the ranges are wider` : "" };
  const next = options.find((each) => each !== named), over = calls === 1 ? "" : ` over ${calls.toLocaleString("en-US")} calls`;
  const ratio = next ? next.total / named.total : NaN;
  const rival = next ? `, ${ratio < 1.005 ? "about as fast as" : `${threeDigits(ratio)} times as fast as`} ${next.name}${over}` : "";
  return [codeWord(named.name), ` is the choice: ${secondsWords(named.seconds)} a call, likely ${rangeWords(named)}${rival}. ${rests[basis]}.`, ...laterWords(later)];
}

function answerOf(view, sizes, allowed) {
  const { id, itemsize, labels } = view.model, entry = DATA.models[id];
  const calls = Math.max(1, Math.round(Number(STATE.sizes.calls)) || 1);
  const found = modelAnswer(entry, { sizes, itemsize, labels }, view.impls.filter((impl) => allowed.has(impl)), calls);
  if (found.distance.octaves > FAR_OCTAVES) {
    return [element("p", {}, `${distanceWords(found.distance, itemsize)}. That is too far from anything measured for a time or a strategy to be named; measure this size.`)];
  }
  if (!found.named) return [element("p", {}, "None of the chosen strategies has a measured time in this machine's profile.")];
  const heads = ["strategy", "a call", "likely between", "first call adds", calls === 1 ? "in all" : `${calls.toLocaleString("en-US")} calls`];
  const rows = found.options.map((option) => ({ ...option, impl: option.name }));
  const cellsOf = (row) => [secondsWords(row.seconds), rangeWords(row), row.first ? secondsWords(row.first) : "0", secondsWords(row.total)];
  return [element("p", {}, ...namedWords(found, calls, itemsize)), sizesTable(rows, heads, cellsOf),
    element("p", { class: "note" }, `From the cost model of ${entry.whose}; extra memory is not weighed here.`)];
}
