// Worst frames, and what is known about clips, settings and versions.
"use strict";

const Panels = {
  worst: [], // frames, the worst first, of the chosen metric
  buttons: new Map(),

  list(plot) {
    this.worst = plot.worst.slice(0, 16);
    this.buttons.clear();
    byId("worst").replaceChildren(...this.worst.map((frame) => this.thumbnail(plot, frame)));
  },

  thumbnail(plot, frame) {
    const judged = plot.lines.map((line, clip) => [line, clip]).filter(([line, clip]) => line && (clip || DATA.clips.length === 1));
    const better = plot.better === "higher" ? 1 : -1;
    const [line, clip] = judged.reduce((a, b) => (better * (b[0][frame] ?? Infinity) < better * (a[0][frame] ?? Infinity) ? b : a));
    const canvas = make("canvas", { width: 380, height: Math.round((380 * DATA.size[1]) / DATA.size[0]) });
    const button = make("button", { onclick: () => update({ frame, right: clip }) }, canvas,
      make("span", {}, make("b", { textContent: `frame ${frame}` }), make("em", { textContent: number(line[frame]) + (plot.unit ? ` ${plot.unit}` : "") })));
    button.title = Frames.exact.has(frame) ? "kept without loss" : "";
    Frames.fetch(clip, frame).then((image) => image && canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height));
    this.buttons.set(frame, button);
    return button;
  },

  next() {
    const at = this.worst.indexOf(state.frame);
    if (this.worst.length) update({ frame: this.worst[(at + 1) % this.worst.length] });
  },

  table(head, rows) {
    const cells = (tag, row) => row.map((cell, place) => make(tag === "td" && place === 0 ? "th" : tag, {}, ...(Array.isArray(cell) ? cell : [cell])));
    const body = make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells("td", row))));
    return make("table", {}, ...(head ? [make("thead", {}, make("tr", {}, ...cells("th", head)))] : []), body);
  },

  clips() {
    const facts = [...new Set(DATA.clips.flatMap((clip) => Object.keys(clip.facts)))];
    const rows = facts.map((fact) => [fact, ...DATA.clips.map((clip) => clip.facts[fact] ?? "–")]);
    for (const plot of DATA.plots) rows.push([`${plot.name}${plot.unit ? `, ${plot.unit}` : ""}`, ...plot.pooled.map(number)]);
    if (DATA.clips.some((clip) => clip.audit))
      rows.push(["audit", ...DATA.clips.map(({ audit }) => (audit ? audit.steps.map((step, n) => `${step.filter}: at most ${number(Math.max(...audit.largest[n]))} of ${number(Math.max(...step.at_most))} ${step.unit}`).join("; ") + `; hash ${audit.sha256}` : "–"))]);
    byId("clips-table").append(this.table(["", ...DATA.clips.map((clip, n) => [swatch(n), " ", clip.name])], rows));
  },

  settings() {
    const rows = Object.entries({ stored: DATA.stored, ...DATA.settings, ...DATA.versions }).filter(([, value]) => value !== null && value !== undefined && value !== "");
    DATA.clips.forEach((clip) => rows.push([clip.name, clip.spec]));
    byId("settings-table").append(this.table(null, rows.map(([name, value]) => [name, String(value)])));
  },

  start() {
    const ranked = DATA.plots.filter((plot) => plot.worst.length > 1);
    byId("worst-section").hidden = !ranked.length;
    const choice = byId("worst-metric");
    choice.append(...ranked.map((plot) => make("option", { textContent: `by ${plot.name}` })));
    choice.onchange = () => this.list(ranked[choice.selectedIndex]);
    if (ranked.length) this.list(ranked[0]);
    this.clips();
    this.settings();
    watchers.push(() => this.buttons.forEach((button, frame) => button.setAttribute("aria-current", frame === state.frame)));
  },
};
