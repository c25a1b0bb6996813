// One plot for each metric: a line per clip, a cursor at the frame that is shown.
"use strict";

function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return value.toFixed(0);
  if (size > 0 && size < 0.001) return value.toExponential(1).replace("e-", " · 10⁻").replace(/\d+$/, (power) => [...power].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join(""));
  return Number(value.toPrecision(4)).toString();
}

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const swatch = (clip) => {
  const dot = make("i", { className: "dot", title: DATA.clips[clip].name });
  dot.style.background = colour(clip);
  return dot;
};

// Clicking or dragging along `area` goes to the frame there.
function seekable(area) {
  const seek = (event) => {
    const box = area.getBoundingClientRect();
    update({ frame: ((event.clientX - box.left) / box.width) * DATA.frames - 0.5 });
  };
  area.addEventListener("pointerdown", (event) => {
    area.setPointerCapture(event.pointerId);
    seek(event);
  });
  area.addEventListener("pointermove", (event) => event.buttons && seek(event));
}

const Plots = {
  cards: [],

  path(line, low, high) {
    let text = "", pen = false;
    line.forEach((value, frame) => {
      if (value === null) return (pen = false);
      const y = 100 - (100 * (value - low)) / (high - low || 1);
      text += `${pen ? "L" : "M"}${frame + 0.5} ${y.toFixed(2)}`;
      if (!pen && (frame + 1 >= line.length || line[frame + 1] === null)) text += "h0.01"; // a single point shows, too
      pen = true;
    });
    return text;
  },

  card(plot) {
    const values = plot.lines.flatMap((line) => (line || []).filter((value) => value !== null));
    const low = Math.min(...values), high = Math.max(...values), flat = low === high ? Math.abs(low) * 0.01 || 1 : 0;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${DATA.frames} 100`);
    svg.setAttribute("preserveAspectRatio", "none");
    plot.lines.forEach((line, clip) => {
      if (!line) return;
      const path = document.createElementNS(svg.namespaceURI, "path");
      path.setAttribute("d", this.path(line, low - flat, high + flat));
      path.style.stroke = colour(clip);
      if (clip === 0 && DATA.clips.length > 1) path.classList.add("reference");
      svg.append(path);
    });
    const cursor = make("div", { className: "cursor" });
    const area = make("div", { className: "area" }, svg, cursor,
      make("span", { className: "scale top", textContent: number(high) }), make("span", { className: "scale bottom", textContent: number(low) }));
    seekable(area);
    const now = plot.lines.map((line, clip) => (line ? make("span", {}, swatch(clip), " ", make("output")) : null));
    const head = make("header", {}, make("b", { textContent: plot.name }),
      make("em", { textContent: [plot.unit, plot.better + " is better"].filter(Boolean).join(", "), title: plot.summary }), ...now.filter(Boolean));
    this.cards.push({ plot, cursor, now });
    return make("article", { className: "plot" }, head, area);
  },

  draw() {
    for (const { plot, cursor, now } of this.cards) {
      cursor.style.left = `${(100 * (state.frame + 0.5)) / DATA.frames}%`;
      now.forEach((span, clip) => span && (span.querySelector("output").textContent = number(plot.lines[clip][state.frame])));
    }
  },

  start() {
    byId("plots-section").hidden = !DATA.plots.length;
    byId("plots").append(...DATA.plots.filter((plot) => plot.lines.some((line) => line && line.some((value) => value !== null))).map((plot) => this.card(plot)));
    watchers.push(() => this.draw());
  },
};
