// Comfort only: everything is readable without it. Sorting of tables, light or dark, opening what a link points at.
"use strict";

// What a cell is sorted by: its value where it carries one (times of 1.0 ms and 127 µs are numbers then), else its text.
// An empty cell has none, and comes last either way.
function cellValue(row, column) {
  const cell = row.cells[column], told = cell.dataset.v ?? cell.textContent.trim();
  const number = Number(told);
  return told === "" ? null : Number.isNaN(number) ? told : number;
}

function sortBy(table, column, heading) {
  const ascending = heading.getAttribute("aria-sort") !== "ascending";
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const rows = Array.from(table.tBodies[0].rows);
  const sign = ascending ? 1 : -1;
  rows.sort((a, b) => {
    const x = cellValue(a, column), y = cellValue(b, column);
    if (x === null || y === null) return (x === null) - (y === null);
    if (typeof x === typeof y) return sign * (x < y ? -1 : x > y ? 1 : 0);
    return typeof x === "number" ? -1 : 1;
  });
  table.tBodies[0].append(...rows);
}

for (const table of document.querySelectorAll("table.sortable")) {
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = heading.textContent;
    button.addEventListener("click", () => sortBy(table, column, heading));
    heading.replaceChildren(button);
  });
}

const theme = document.getElementById("theme");
theme.hidden = false;
theme.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
}
addEventListener("hashchange", openTarget);
openTarget();

// Pages whose scripts have nothing to unpack are ready now; the others say so themselves.
if (!document.getElementById("data")) document.documentElement.dataset.ready = "yes";
