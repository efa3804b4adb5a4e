// Copying text, with or without the browser's leave; and the buttons of the page on strategies.
"use strict";

function copied(text, button) {
  const before = button.textContent, done = (word) => { button.textContent = word; setTimeout(() => { button.textContent = before; }, 1500); };
  const old = () => {
    const area = element("textarea", {}); area.value = text;
    document.body.append(area); area.select();
    const worked = document.execCommand("copy"); area.remove();
    done(worked ? "Copied" : "Select and copy it by hand");
  };
  if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(() => done("Copied"), old); else old();
}

for (const button of document.querySelectorAll("button.copy-code")) {
  button.hidden = false;
  button.addEventListener("click", () => copied(button.closest(".copy").querySelector("pre").textContent, button));
}
