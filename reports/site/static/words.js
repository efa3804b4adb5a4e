// Numbers as the rest of the page writes them.
"use strict";

function threeDigits(value) {
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places });
}

function secondsWords(value) {
  const [factor, unit] = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]].find(([f]) => value >= 0.9995 * f) || [1e-9, "ns"];
  return `${threeDigits(value / factor)} ${unit}`;
}

function rangeWords({ low, high }) { return Number.isNaN(low) ? "" : `${secondsWords(low)} to ${secondsWords(high)}`; }

function ratioWords(value) {
  return `${value < 9.95 ? threeDigits(value) : Math.round(value).toLocaleString("en-US")}×`;
}

function bytesWords(value) {
  const found = [[2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]].find(([factor]) => value >= factor);
  return found ? `${threeDigits(value / found[0])} ${found[1]}` : `${Math.round(value)} B`;
}

// Extra memory; what lies below the resolution of its measurement is not told apart.
function memoryWords(value) { return value < DATA.resolved ? `< ${bytesWords(DATA.resolved).replace(".0", "")}, not resolved` : bytesWords(value); }

// An element with text and children; text never becomes markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value; else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function codeWord(name) { return element("code", {}, name); }
