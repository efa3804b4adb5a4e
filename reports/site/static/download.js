// Every figure as an SVG file: what the page shows, with its title and its colours written out.
"use strict";

function standalone(figure) {
  const shown = figure.querySelector("svg"), svg = shown.cloneNode(true);
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const title = document.createElementNS(svg.namespaceURI, "text");
  title.textContent = figure.querySelector("figcaption").textContent.replace(/\s+/g, " ").trim();
  for (const [name, value] of Object.entries({ x: 6, y: -8, "font-size": 9, "font-weight": 600, fill: "var(--ink)" })) title.setAttribute(name, value);
  svg.removeAttribute("data-marks");
  svg.querySelectorAll(".ring").forEach((ring) => ring.remove());
  svg.prepend(title);
  svg.setAttribute("viewBox", `0 -22 ${width} ${height + 22}`);
  svg.setAttribute("height", height + 22);
  const text = new XMLSerializer().serializeToString(svg);
  const colours = getComputedStyle(document.documentElement);
  return text.replace(/var\((--[\w-]+)(,[^)]*)?\)/g, (whole, name) => colours.getPropertyValue(name).trim());
}

for (const figure of document.querySelectorAll("figure")) {
  if (!figure.querySelector("svg")) continue;
  const button = element("button", { type: "button", class: "download" }, "SVG");
  button.addEventListener("click", () => {
    const link = element("a", { download: `${figure.dataset.name}.svg` });
    link.href = URL.createObjectURL(new Blob([standalone(figure)], { type: "image/svg+xml" }));
    link.click();
    URL.revokeObjectURL(link.href);
  });
  figure.querySelector(".links").prepend(button, " ");
}
