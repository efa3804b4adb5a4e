// "What may I install?": switches for packages and single strategies; maps, rankings and sentences follow.
"use strict";

const STATE = { off: new Set(), no: new Set(), sizes: {} }; // packages off, strategies off, "my sizes"
const WHOLE = new Map(); // verdicts with everything on, by view
const ORIGINAL = new Map(); // what the page said with everything on, to be put back

function allowedStrategies() {
  return new Set(Object.entries(DATA.strategies)
    .filter(([name, { needs }]) => !STATE.no.has(name) && !needs.some((need) => STATE.off.has(need)))
    .map(([name]) => name));
}

// Remember the children of an element once, so that `restore` can put them back.
function remember(node) { if (node && !ORIGINAL.has(node)) ORIGINAL.set(node, Array.from(node.childNodes, (child) => child.cloneNode(true))); }
function restore(node) { if (ORIGINAL.has(node)) node.replaceChildren(...ORIGINAL.get(node).map((child) => child.cloneNode(true))); }

function paint(node, selector, style) {
  for (const part of node ? node.querySelectorAll(selector) : []) Object.assign(part.style, style);
}

// Redraw one cell of a map; the parts have the ids that figures/maps.py gave them.
function drawCell(name, row, mark) {
  const part = (kind) => document.getElementById(`${name}-x-${kind}`); // a large map has thousands of parts
  const rectangle = part(`r${row.cell}`);
  if (!rectangle) return;
  const { hue, sign: own } = DATA.strategies[row.winner], won = row.verdict === "win";
  const rival = won ? "" : row.next;
  const sign = rival ? own + DATA.strategies[rival].sign : own;
  const colour = won ? "var(--on-hue)" : "var(--faint)";
  paint(rectangle, "path", { fill: won ? `var(--hue-${hue})` : "var(--undecided)" });
  const number = won ? ratioWords(Math.exp(row.margin.mean)) : row.verdict === "tie" ? "tie" : "?";
  mark.told = won ? `${row.winner} wins${number ? `, ${number} ahead of the next` : ""}`
    : `${row.verdict === "tie" ? "a tie of" : "undecided between"} ${row.winner} and ${rival || "others"}`;
  const [glyph, title] = [part(`g${row.cell}`), part(`n${row.cell}`)];
  const write = (group, words) => {
    if (!group) return;
    group.querySelector("text").textContent = words;
    paint(group, "text", { fill: colour });
  };
  write(part(`t${row.cell}`), glyph ? number.replace("×", "") : `${sign} ${number}`);
  write(glyph, sign);
  write(title, shortened(rival ? `${row.winner} / ${rival}` : row.winner, rectangle.querySelector("path")));
}

// A name cut to the width of a cell, as figures/maps.py does it.
function shortened(name, path) {
  const places = path.getAttribute("d").match(/-?[\d.]+ (?=-?[\d.]+)/g).map(Number);
  const room = Math.max(4, Math.floor((Math.max(...places) - Math.min(...places)) / 4.1));
  return name.length <= room ? name : `${name.slice(0, room - 1)}…`;
}

// [strategy, wins], most wins first.
function countWins(rows) {
  const wins = new Map();
  for (const row of rows) if (row.verdict === "win") wins.set(row.winner, (wins.get(row.winner) || 0) + 1);
  return [...wins].sort((a, b) => b[1] - a[1]);
}

// [names, wins] by family (mostly of one), most wins first.
function countFamilies(rows) {
  const wins = new Map();
  for (const { verdict, winner, family } of rows) {
    if (verdict !== "win") continue;
    const names = family.length ? family : [winner], key = names.join("\n");
    wins.set(key, [names, (wins.get(key)?.[1] || 0) + 1]);
  }
  return [...wins.values()].sort((a, b) => b[1] - a[1]);
}

// `a`, or `a and b (within 5 % of each other on average, nowhere told apart)`, as nodes.
function familyWords(names) {
  const nodes = names.flatMap((name, i) => [i ? (i === names.length - 1 ? " and " : ", ") : "", codeWord(name)]);
  return names.length > 1 ? [...nodes, " (within 5 % of each other on average, nowhere told apart)"] : nodes;
}

function drawMaps(section, rows) {
  for (const box of section.querySelectorAll(".map .scroll")) {
    const svg = box.querySelector("svg");
    if (!svg) continue;
    for (const group of svg.querySelectorAll('[id*="-x-"]')) group.style.visibility = "hidden"; // cells that nobody has a time in
    const name = svg.querySelector('[id*="-x-"]').id.split("-x-")[0];
    const marks = new Map(svg.dataset.marks ? marksOf(svg).map((mark) => [mark.cell, mark]) : []);
    for (const mark of marks.values()) mark.told = "no time of any strategy chosen above";
    for (const row of rows) {
      for (const kind of "rtgn") {
        const group = document.getElementById(`${name}-x-${kind}${row.cell}`);
        if (group) group.style.visibility = "";
      }
      drawCell(name, row, marks.get(row.cell) || {});
    }
  }
  const wins = countWins(rows);
  for (const box of section.querySelectorAll(".legend")) {
    box.replaceChildren(...wins.map(([name]) => {
      const { hue, sign } = DATA.strategies[name];
      return element("span", {}, element("span", { class: `hue-${hue}` }, sign), ` ${name} `);
    }));
  }
  for (const caption of section.querySelectorAll(".map figcaption")) caption.replaceChildren("Among the strategies chosen above");
}

// A strategy's sign and name; the name leads to its source where the site has it.
function named(impl) {
  const { hue, sign, link } = DATA.strategies[impl];
  return element("td", { "data-v": impl }, element("span", { class: `hue-${hue}` }, sign), " ", link ? element("a", { href: link }, impl) : impl);
}

function rankingRows(rows, total) {
  const sums = new Map();
  for (const row of rows) {
    for (const { impl, mean } of row.timed) {
      const sum = sums.get(impl) || { impl, behind: 0, worst: 0, n: 0, wins: 0 };
      sum.behind += mean - row.best;
      sum.worst = Math.max(sum.worst, mean - row.best);
      sum.n += 1;
      sum.wins += row.verdict === "win" && row.winner === impl;
      sums.set(impl, sum);
    }
  }
  const ranked = [...sums.values()].sort((a, b) => (b.n === total) - (a.n === total) || a.behind / a.n - b.behind / b.n);
  return ranked.map((sum) => {
    const typical = Math.exp(sum.behind / sum.n), worst = Math.exp(sum.worst);
    const cells = [[sum.wins, sum.wins], [typical, ratioWords(typical)], [worst, ratioWords(worst)], [sum.n, `${sum.n} of ${total}`]];
    return element("tr", {}, named(sum.impl),
      ...cells.map(([value, text]) => element("td", { class: "n", "data-v": String(value) }, String(text))));
  });
}

// One or two sentences for the choice: who wins how much, and what the choice costs.
function choiceSentences(rows, everything) {
  if (!rows.length) return [element("p", {}, "None of the chosen strategies has a valid time here.")];
  const ranked = countFamilies(rows);
  const first = element("p", {}, "Among the chosen strategies ");
  const sizes = `${rows.length} ${rows.length === 1 ? "size" : "sizes"}`;
  ranked.slice(0, 4).forEach(([names, count], i) => {
    const verb = names.length > 1 ? "are" : "is";
    first.append(i ? ", " : "", ...familyWords(names), i ? ` in ${count}` : ` ${verb} the fastest in ${count} of ${sizes}`);
  });
  if (ranked.length > 4) first.append(`, others in ${ranked.slice(4).reduce((sum, [, count]) => sum + count, 0)}`);
  const open = rows.length - ranked.reduce((sum, [, count]) => sum + count, 0);
  if (!ranked.length) first.append(`no one is clearly the fastest in any of ${sizes}`);
  first.append(open && ranked.length ? `; ${open} tied or undecided.` : ".");
  const best = new Map(everything.map((row) => [row.cell, row.best]));
  const losses = rows.map((row) => row.best - best.get(row.cell));
  const typical = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  const second = element("p", {}, `The fastest of them takes ${ratioWords(Math.exp(typical))} the time of the fastest of all on average, `
    + `${ratioWords(Math.max(...losses.map(Math.exp)))} at worst.`);
  return [first, second];
}

function updateView(id, view, allowed, all) {
  const section = document.getElementById(id);
  const answer = section.querySelector(".answer"), body = section.querySelector(".ranking tbody");
  const whole = all.every((name) => allowed.has(name));
  const nodes = [answer, body, ...section.querySelectorAll(".map .scroll, .map figcaption, .map .legend")].filter(Boolean);
  nodes.forEach(remember);
  section.querySelectorAll(".rule").forEach((rule) => { rule.hidden = !whole; }); // distilled for fixed sets of strategies
  nodes.forEach(restore);
  if (whole) return;
  const rows = judge(view, allowed);
  if (!WHOLE.has(id)) WHOLE.set(id, judge(view, new Set(view.impls)));
  answer.replaceChildren(...choiceSentences(rows, WHOLE.get(id)));
  drawMaps(section, rows);
  if (body) body.replaceChildren(...rankingRows(rows, view.cells.length));
}

function updateAll() {
  const allowed = allowedStrategies();
  for (const [id, view] of Object.entries(DATA.views)) updateView(id, view, allowed, view.impls);
  updateSizes(allowed);
  writeState();
}

function packageSwitches() {
  const packages = new Set();
  for (const { needs } of Object.values(DATA.strategies)) needs.forEach((need) => packages.add(need));
  const order = ["scipy", "jax", "numba", "torch", "pandas"];
  const sorted = [...packages].sort((a, b) => (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99) || (a < b ? -1 : 1));
  return [element("span", {}, "NumPy"), ...sorted.map((name) => switchFor(name, `+ ${name}`, STATE.off))];
}

function switchFor(name, label, set) {
  const box = element("input", { type: "checkbox" });
  box.dataset.name = name;
  box.checked = !set.has(name);
  box.addEventListener("change", () => {
    if (box.checked) set.delete(name); else set.add(name);
    updateAll();
  });
  return element("label", {}, box, ` ${label}`);
}

function buildSwitches() {
  document.getElementById("packages").replaceChildren(...packageSwitches());
  const names = Object.keys(DATA.strategies).sort();
  document.getElementById("singles").replaceChildren(...names.map((name) => switchFor(name, name, STATE.no)));
}
