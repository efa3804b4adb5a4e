// The answer in words: which strategy, how fast, what it costs, on what it rests, what one package more would bring.
"use strict";

const LATER = { numpy: ["scipy", "numba", "jax"], scipy: ["numba", "jax"], jax: ["numba", "everything"], numba: ["jax", "everything"], everything: [] };

function signed(name) {
  const { hue, sign, link } = DATA.strategies[name], code = codeWord(name);
  const inside = [element("span", { class: `hue-${hue}`, "aria-hidden": "true" }, sign), " ", code];
  return link ? element("a", { href: link, class: "strategy" }, ...inside) : element("span", { class: "strategy" }, ...inside);
}

function errorWords(value) { return value === null || value === undefined ? "" : `error up to ${value.toExponential(0).replace("e-", "e−")}`; }

// Where a time comes from.
function basisWords({ basis, distance, question, entry }) {
  if (basis === "measured") return "this size was measured";
  if (distance.octaves) return `${distanceWords(distance, question.itemsize).toLowerCase()}: a guess`;
  return `predicted from ${entry.cells.length} measured sizes around it`;
}

function heldOutWords(id, preset) {
  const { cells, regret } = DATA.heldOut[id], found = regret[preset];
  return found && cells ? `At ${cells} sizes held out, this choice cost ${shareWords(found[0])} over the fastest on average, ${shareWords(found[1])} at worst.` : "";
}

function shareWords(value) { return value < 0.0995 ? `${Number((100 * value).toPrecision(2))} %` : `${Math.round(100 * value)} %`; }

function sizesWords(question, state) {
  const axes = question.id === "flat" ? ["N", "bins"] : AXES.images;
  return axes.map((axis, i) => `${axis} ${question.sizes[i].toLocaleString("en-US")}`).join(", ");
}

// Facts of the named strategy in one line.
function factsOf(answer) {
  const { named, loop, question, labels } = answer, bytes = bytesOf(question, named.name, labels), error = errorOf(question, named.name);
  return [
    `${secondsWords(named.seconds)} a call, likely ${rangeWords(named)}`,
    loop && named.name !== "loop" ? `${ratioWords(loop.seconds / named.seconds)} the speed of the loop` : "",
    bytes === null ? "" : bytes < DATA.resolved ? "hardly any extra memory" : `about ${bytesWords(bytes)} extra memory`,
    errorWords(error),
  ].filter(Boolean).join(" · ");
}

function nextWords({ named, options }) {
  const others = options.filter((each) => each !== named && each.total >= named.total).slice(0, 3); // what was given up early is in the options, too
  if (!others.length) return [];
  const nodes = others.flatMap((each, i) => [i ? ", " : "", signed(each.name), ` ${ratioWords(each.total / named.total)}`]);
  return [element("p", {}, "Next, in units of its time: ", ...nodes, ".")];
}

function moreWords(state, answer) {
  const found = LATER[state.preset].map((preset) => {
    const { named } = answerFor(state, preset);
    return named && named.name !== answer.named.name && named.total < 0.95 * answer.named.total ? { preset, named } : null;
  }).filter(Boolean);
  if (found.length === 2 && found[0].named.name === found[1].named.name) found.pop();
  if (!found.length) return [element("p", {}, state.preset === "everything" ? "" : "No further package that was measured brings more at this size.")];
  const nodes = found.flatMap(({ preset, named }, i) => [i ? "; " : "", `${DATA.labels[preset]} → `, signed(named.name), ` ${ratioWords(answer.named.total / named.total)} as fast${named.first > 0.01 ? `, its first call ${secondsWords(named.first)} more` : ""}`]);
  return [element("p", {}, element("b", {}, "One package more: "), ...nodes, ".")];
}

function measureWords(state, question) {
  const at = question.id === "flat" || state.by === "rows" ? sizesOfImages(question) : AXES.images.map((axis) => `${axis}=${state[axis]}`).join(" ");
  return element("p", {}, "Measure it: ", codeWord(`python -m benchmarks cell ${at}`));
}

function sizesOfImages({ id, sizes }) { return id === "flat" ? `T=1 L=${sizes[0]} F=1 K=${sizes[1]}` : AXES.images.map((axis, i) => `${axis}=${sizes[i]}`).join(" "); }

// Everything about an answer, as elements.
function useWords(state, answer) {
  const { named, question, distance } = answer;
  if (distance.octaves > FAR_OCTAVES) {
    return [element("p", { class: "use" }, "No answer here."), element("p", {}, `${distanceWords(distance, question.itemsize)}. That is too far from anything measured for a time or a strategy to be named.`), measureWords(state, question)];
  }
  if (!named) return [element("p", { class: "use" }, "Nothing fits."), element("p", {}, answer.left.length ? "Every strategy with a time would need more memory than allowed." : "None of the strategies that may be used has a time.")];
  const calls = state.calls ? ` for ${state.calls.toLocaleString("en-US")} ${state.calls === 1 ? "call" : "calls"}, imports and compiling included` : "";
  const rests = [basisWords(answer), question.converted ? `asked as residual sums of the same size (${sizesWords(question, state)}), which are a little more work` : ""].filter(Boolean).join("; ");
  return [
    element("p", { class: "use" }, "Use ", signed(named.name), element("span", { class: "note" }, calls)),
    element("p", { class: "facts" }, factsOf(answer)),
    ...nextWords(answer),
    ...moreWords(state, answer),
    ...(answer.later && state.calls ? [element("p", {}, ...laterWords(answer.later))] : []),
    element("p", { class: "note" }, `Rests on: ${rests}. ${heldOutWords(question.id, state.preset)}`),
    ...(answer.left.length ? [element("p", { class: "note" }, `Left out for their memory (looked up, with room for doubt): ${answer.left.join(", ")}.`)] : []),
  ];
}

// The code to copy of a strategy, for the kind of question.
function codeFor(state, name) {
  const recipe = DATA.recipes[name];
  if (!recipe) return "";
  return state.by === "images" ? recipe.images : recipe.text;
}

function codeBox(state, answer) {
  const text = answer.named ? codeFor(state, answer.named.name) : "";
  if (!text) return [];
  const button = element("button", { type: "button" }, "Copy the code");
  button.addEventListener("click", () => copied(text, button));
  const said = "The idea in a few lines, tested to give the same sums. The time is that of the strategy, which may work in blocks.";
  return [button, element("pre", { tabindex: "0" }, element("code", {}, text)), element("p", { class: "note" }, said)];
}
