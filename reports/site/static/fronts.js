// A section with one picture for each of several choices: a select, and only the chosen one is shown.
"use strict";

for (const section of document.querySelectorAll(".fronts")) {
  const choices = Array.from(section.querySelectorAll(".choice"));
  if (choices.length < 2) continue;
  const select = section.querySelector("select");
  const show = (id) => choices.forEach((choice) => { choice.hidden = choice.id !== id; });
  select.append(...choices.map((choice) => element("option", { value: choice.id }, choice.dataset.choice)));
  select.addEventListener("change", () => show(select.value));
  const follow = () => {
    const target = document.getElementById(location.hash.slice(1)), choice = target && target.closest(".choice");
    if (choice && section.contains(choice)) { select.value = choice.id; show(choice.id); }
  };
  select.closest(".switches").hidden = false;
  show(choices[0].id);
  follow();
  addEventListener("hashchange", follow);
}
