// Lines of the growth pictures: a tick brings a faint one forward, or sends a leader back.
"use strict";

for (const figure of document.querySelectorAll("figure.grows")) {
  for (const box of figure.querySelectorAll(".lines input")) {
    const ids = ["lead", "faint"].map((kind) => `-x-${kind}-${box.value}`);
    const line = Array.from(figure.querySelectorAll("svg [id]")).find(({ id }) => ids.some((end) => id.endsWith(end)));
    if (!line) continue;
    const show = () => { line.classList.toggle("forward", box.checked); line.classList.toggle("back", !box.checked); };
    box.addEventListener("change", show);
    show();
    const title = document.createElementNS(line.namespaceURI, "title");
    title.textContent = box.value;
    line.prepend(title);
    line.addEventListener("click", () => { box.checked = !box.checked; show(); });
  }
}
