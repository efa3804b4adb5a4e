// The question's fields, its answer, and the address that keeps both (#preset=scipy&T=256...).
"use strict";

const POST = { T: 256, L: 128, F: 64, K: 16, N: 32768, M: 4096 };
const START = { preset: "numpy", by: "images", dtype: "float64", calls: 0, memory: 0, error: "usual", labels: "uniform", stage: "aggregate", ...POST };
const STATE = { ...START }, WHOLE = ["T", "L", "F", "K", "N", "M"];

// A state from an address: what is no value of a field keeps the field as it is.
function stateFrom(text) {
  const given = new URLSearchParams(text), found = { ...START };
  const choices = { preset: Object.keys(DATA.presets), by: Object.keys(AXES), dtype: ["float64", "float32"], error: ["usual", "any"], stage: Object.keys(DATA.models).filter((id) => id !== "flat") };
  for (const [name, value] of given) {
    const number = Number(value);
    if (WHOLE.includes(name) && Number.isInteger(number) && number >= 1 && number <= 1e12) found[name] = number;
    else if (name === "memory" && number >= 0 && number < 1e12) found.memory = number;
    else if (name === "calls" && Number.isInteger(number) && number >= 0 && number < 1e12) found.calls = number;
    else if (name === "labels" && DATA.models.aggregate.labels.includes(value)) found.labels = value;
    else if (choices[name] && choices[name].includes(value)) found[name] = value;
  }
  return found;
}

function addressOf(state) {
  const parts = new URLSearchParams(), shown = ["preset", "by", ...AXES[state.by], "dtype", "calls", "memory", "error", "labels", "stage"];
  for (const name of shown) if (state[name] !== START[name] || AXES[state.by].includes(name) || name === "preset") parts.set(name, state[name]);
  return `#${parts}`;
}

function keepAddress() { history.replaceState(null, "", addressOf(STATE)); }

const byId = (id) => document.getElementById(id);

// One number field for each axis.
function axisFields() {
  byId("axes").replaceChildren(...AXES[STATE.by].map((axis) => {
    const input = element("input", { type: "number", min: "1", step: "1", inputmode: "numeric", "data-axis": axis });
    input.value = STATE[axis];
    input.addEventListener("input", () => { take({ [axis]: Number(input.value) }, input); });
    return element("label", {}, `${axis} `, input);
  }));
}

// New values of the state; a number that is none leaves the answer and says what it should be.
function take(values, input = null) {
  const [wrong] = Object.entries(values).filter(([name, value]) => WHOLE.includes(name) && !(Number.isInteger(value) && value >= 1 && value <= 1e12));
  if (input) input.setAttribute("aria-invalid", wrong ? "true" : "false");
  if (wrong) { byId("use").replaceChildren(element("p", { class: "trouble" }, `${wrong[0]} is no size: a whole number from 1 on is expected.`)); return; }
  Object.assign(STATE, values);
  matchSizes(values);
  keepAddress();
  update();
}

// Rows and groups follow images where images were given, and the named shape is told.
function matchSizes(values) {
  if (STATE.by === "images") Object.assign(STATE, { N: STATE.T * STATE.L, M: STATE.T * STATE.K });
  byId("shape").value = shapeOf(STATE);
  if (!("by" in values)) return;
  axisFields();
}

function shapeOf(state) {
  const same = Object.entries(DATA.shapes).find(([, sizes]) => Object.keys(sizes).join() === AXES[state.by].join() && Object.entries(sizes).every(([axis, size]) => state[axis] === size));
  return same ? same[0] : "";
}

function update() {
  const answer = answerFor(STATE, STATE.preset);
  byId("use").replaceChildren(...useWords(STATE, answer), shareButton());
  byId("code").replaceChildren(...codeBox(STATE, answer));
  byId("stage").disabled = STATE.by === "rows";
  for (const panel of document.querySelectorAll(".panel")) panel.classList.toggle("chosen", panel.dataset.set === STATE.preset);
  markMaps(STATE);
}

function shareButton() {
  const button = element("button", { type: "button", class: "share" }, "Copy a link to this answer");
  button.addEventListener("click", () => { keepAddress(); copied(location.href, button); });
  return button;
}

// The fields show the state.
function fill() {
  for (const name of ["preset", "by"]) for (const radio of document.querySelectorAll(`input[name=${name}]`)) radio.checked = radio.value === STATE[name];
  for (const name of ["dtype", "error", "labels", "stage"]) byId(name).value = STATE[name];
  for (const name of ["calls", "memory"]) byId(name).value = STATE[name] || "";
  byId("shape").value = shapeOf(STATE);
  const more = byId("chooser").querySelector(".more");
  if (["calls", "memory", "error", "labels", "stage"].some((name) => STATE[name] !== START[name])) more.open = true;
  axisFields();
}

function listen() {
  for (const name of ["preset", "by"]) for (const radio of document.querySelectorAll(`input[name=${name}]`)) radio.addEventListener("change", () => take({ [name]: radio.value, ...(name === "by" && radio.value === "rows" ? { stage: "aggregate" } : {}) }));
  for (const name of ["dtype", "error", "labels", "stage"]) byId(name).addEventListener("change", (event) => take({ [name]: event.target.value }));
  byId("calls").addEventListener("input", (event) => take({ calls: Math.max(0, Math.round(Number(event.target.value)) || 0) }));
  byId("memory").addEventListener("input", (event) => take({ memory: Math.max(0, Number(event.target.value) || 0) }));
  byId("shape").addEventListener("change", (event) => {
    const sizes = DATA.shapes[event.target.value];
    if (sizes) { take({ ...sizes, by: "T" in sizes ? "images" : "rows" }); fill(); }
  });
  byId("chooser").addEventListener("submit", (event) => event.preventDefault());
}
