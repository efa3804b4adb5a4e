// Points that move: choose, play, pause, step. Without this there is the still picture of start and end.
"use strict";

const STEP_MS = 1000, REST = 0.2; // one step, and the part of it in which the points have arrived
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

// Frames of a move as pairs of coordinate lists; null where a point is lost.
function framesOf(start, steps) {
  const seen = start.map((row) => row.slice());
  return steps.map((step) => step.map((row, axis) => row.map((moved, i) => (moved === null ? null : (seen[axis][i] += moved)))));
}

// A path of dots between two frames, `part` of the way.
function dotsBetween([ax, ay], [bx, by], part) {
  let path = "";
  for (let i = 0; i < ax.length; i += 1) {
    if (ax[i] === null || bx[i] === null) continue;
    path += `M${Math.round(ax[i] + part * (bx[i] - ax[i]))} ${Math.round(ay[i] + part * (by[i] - ay[i]))}h0`;
  }
  return path;
}

class Motion {
  constructor(root, { start, moves }) {
    this.root = root;
    this.last = Number(root.dataset.last);
    this.moves = moves.map((move) => ({ ...move, frames: framesOf(start, move.steps) }));
    this.at = 0; // in frames; between two while it plays
    this.playing = false;
    this.find = (selector) => root.querySelector(selector);
    this.find("select").addEventListener("change", () => this.choose());
    this.find("input").addEventListener("input", (event) => this.go(Number(event.target.value)));
    const actions = { back: () => this.go(Math.ceil(this.at) - 1), forward: () => this.go(Math.floor(this.at) + 1), play: () => (this.playing ? this.pause() : this.play()) };
    for (const button of root.querySelectorAll("[data-do]")) button.addEventListener("click", actions[button.dataset.do]);
    new IntersectionObserver(([entry]) => { if (!entry.isIntersecting) this.pause(); }).observe(this.find(".plates"));
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.pause(); });
    addEventListener("beforeprint", () => { this.pause(); this.draw(this.last); });
    addEventListener("afterprint", () => this.draw(this.at));
    for (const part of root.querySelectorAll("[data-part]")) part.hidden = false;
    this.choose();
  }

  get move() { return this.moves[Number(this.find("select").value)]; }

  choose() {
    const { hue, goal, lens } = this.move, [x, y, width, height] = lens;
    this.find(".now").style.stroke = `var(--hue-${hue})`;
    this.find(".now-sign").className = `now-sign hue-${hue}`;
    const ends = goal === null ? null : this.moves[goal].frames[this.last];
    this.find(".goal").setAttribute("d", ends ? dotsBetween(ends, ends, 0) : "");
    this.find(".lens svg").setAttribute("viewBox", lens.join(" "));
    for (const [name, value] of Object.entries({ x, y, width, height })) this.find(".frame").setAttribute(name, value);
    for (const telling of this.root.querySelectorAll(".telling")) telling.hidden = telling.dataset.move !== this.find("select").value;
    this.draw(this.at);
  }

  // Draw a moment: whole numbers are frames, and where motion is not wanted there is nothing between them.
  draw(moment) {
    const frame = Math.min(Math.floor(moment), this.last), next = Math.min(frame + 1, this.last);
    const part = STILL.matches ? 0 : Math.min(1, (moment - frame) / (1 - REST));
    const { frames } = this.move;
    this.find(".now").setAttribute("d", dotsBetween(frames[frame], frames[next], part * part * (3 - 2 * part)));
    const many = `${this.last} ${this.root.dataset.step}${this.last === 1 ? "" : "s"}`;
    const whole = part === 0 ? frame : part === 1 ? next : null;
    const said = whole === null ? `between ${frame} and ${next} of ${many}` : `after ${whole} of ${many}`;
    for (const place of [this.find(".frame-words"), this.find(".now-words")]) if (place.textContent !== said) place.textContent = said;
    const slider = this.find("input");
    slider.value = String(whole === null ? frame : whole);
    slider.setAttribute("aria-valuetext", `after ${slider.value} of ${many}`);
    this.find(".plate").setAttribute("aria-label", `The points ${said}, ${this.find("select").selectedOptions[0].textContent}`);
  }

  // To a frame at once, as steps and the slider do.
  go(frame) {
    this.pause();
    this.at = Math.max(0, Math.min(this.last, frame));
    this.draw(this.at);
  }

  play() {
    if (this.at >= this.last) this.at = 0;
    this.setPlaying(true);
    const from = this.at;
    let began = null;
    const tick = (now) => {
      if (!this.playing) return;
      began ??= now;
      this.at = Math.min(this.last, from + (now - began) / STEP_MS);
      this.draw(this.at);
      if (this.at >= this.last) this.setPlaying(false); else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // Stay where the points are; a step that is all but done counts as done.
  pause() {
    if (!this.playing) return;
    this.setPlaying(false);
    const done = this.at - Math.floor(this.at);
    if (STILL.matches) this.at = Math.floor(this.at); else if (done >= 1 - REST) this.at = Math.ceil(this.at);
    this.draw(this.at);
  }

  setPlaying(playing) {
    this.playing = playing;
    this.find("[data-do=play]").textContent = playing ? "Pause" : "Play";
  }
}

if (typeof DecompressionStream !== "undefined") {
  for (const root of document.querySelectorAll(".motion-play")) unpack(root.dataset.moves).then((data) => new Motion(root, data));
}
