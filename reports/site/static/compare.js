// Two machines side by side: of tables with a column for each place, only the two that were chosen are shown.
"use strict";

function comparePlaces() {
  const tables = Array.from(document.querySelectorAll("table.places")), row = document.querySelector(".compare");
  if (!row) return;
  const placesOf = (table) => Array.from(table.tHead.rows[0].cells).map((cell) => cell.dataset.place || "");
  const all = [...new Set(tables.flatMap(placesOf).filter(Boolean))], selects = ["left", "right"].map((id) => document.getElementById(id));
  if (all.length < 3) return; // with two there is nothing to choose
  selects.forEach((select, i) => { select.append(...all.map((place) => element("option", {}, place))); select.value = all[i]; });
  const show = () => {
    const chosen = selects.map((select) => select.value);
    for (const table of tables) {
      const hidden = placesOf(table).map((place) => place !== "" && !chosen.includes(place));
      for (const line of table.rows) Array.from(line.cells).forEach((cell, i) => { cell.hidden = hidden[i]; });
    }
  };
  selects.forEach((select) => select.addEventListener("change", show));
  row.hidden = false;
  show();
}

comparePlaces();
