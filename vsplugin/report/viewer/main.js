// Buttons, keys, light and dark; and the start.
"use strict";

const Player = {
  timer: 0,

  toggle() {
    if (this.timer) return this.stop();
    let next = performance.now();
    const step = 1000 / DATA.fps;
    const tick = (now) => {
      this.timer = requestAnimationFrame(tick);
      const steps = Math.floor((now - next) / step) + 1;
      if (steps <= 0) return;
      const frame = (state.frame + (steps > 4 ? 1 : steps)) % DATA.frames; // never hurry after a pause
      if (!Frames.now(state.left, frame) || !Frames.now(state.right, frame)) return; // every frame is shown, if late
      next = now + step;
      update({ frame });
    };
    this.timer = requestAnimationFrame(tick);
    byId("play").textContent = "❚❚";
  },

  stop() {
    cancelAnimationFrame(this.timer);
    this.timer = 0;
    byId("play").textContent = "▶";
  },
};

const Theme = {
  set(name) {
    document.documentElement.dataset.theme = name;
    try { localStorage.setItem("vsplugin-theme", name); } catch { /* a file may have no storage */ }
  },
  toggle() {
    const now = document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    this.set(now === "dark" ? "light" : "dark");
  },
  start() {
    try {
      const known = localStorage.getItem("vsplugin-theme");
      if (known) document.documentElement.dataset.theme = known;
    } catch { /* as above */ }
  },
};

function zoomBy(factor) {
  const box = Stage.box.getBoundingClientRect();
  Stage.zoomAt(factor, box.left + (state.mode === "side" ? box.width / 4 : box.width / 2), box.top + box.height / 2);
}

const KEYS = {
  ArrowRight: (event) => update({ frame: state.frame + (event.shiftKey ? 10 : 1) }),
  ArrowLeft: (event) => update({ frame: state.frame - (event.shiftKey ? 10 : 1) }),
  Home: () => update({ frame: 0 }),
  End: () => update({ frame: DATA.frames - 1 }),
  " ": () => Player.toggle(),
  a: () => update({ wipe: state.wipe - 0.02 }),
  d: () => update({ wipe: state.wipe + 0.02 }),
  s: () => update({ left: state.right, right: state.left }),
  1: () => update({ mode: "wipe" }),
  2: () => update({ mode: "side" }),
  3: () => update({ mode: "difference" }),
  4: () => DATA.maps.length && update({ mode: "invented" }),
  "+": () => zoomBy(1.25),
  "=": () => zoomBy(1.25),
  "-": () => zoomBy(0.8),
  0: () => update({ zoom: 1 }),
  w: () => Panels.next(),
  t: () => Theme.toggle(),
  "?": () => byId("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
  const inside = event.target;
  if (inside.tagName === "SELECT" || (inside.tagName === "BUTTON" && event.key === " ")) return;
  const action = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  if (event.key !== " ") Player.stop();
  action(event);
});

function choices() {
  for (const side of ["left", "right"]) {
    const select = byId(side);
    select.append(...DATA.clips.map((clip, value) => make("option", { value, textContent: clip.name })));
    select.onchange = () => update({ [side]: Number(select.value) });
  }
  for (const button of byId("modes").children) {
    button.hidden = button.dataset.mode === "invented" && !DATA.maps.length;
    button.onclick = () => update({ mode: button.dataset.mode });
  }
  watchers.push(() => {
    for (const side of ["left", "right"]) {
      byId(side).value = state[side];
      byId(`pick-${side}`).firstElementChild.style.background = colour(state[side]);
    }
    for (const button of byId("modes").children) button.setAttribute("aria-checked", button.dataset.mode === state.mode);
    byId("scrubber").value = state.frame;
    byId("frame").textContent = `frame ${state.frame} of ${DATA.frames}`;
  });
}

function buttons() {
  byId("scrubber").max = DATA.frames - 1;
  byId("scrubber").oninput = (event) => update({ frame: Number(event.target.value) });
  byId("play").onclick = () => Player.toggle();
  byId("back").onclick = () => update({ frame: state.frame - 1 });
  byId("on").onclick = () => update({ frame: state.frame + 1 });
  byId("zoom-in").onclick = () => zoomBy(1.5);
  byId("zoom-out").onclick = () => zoomBy(1 / 1.5);
  byId("zoom-fit").onclick = () => update({ zoom: 1 });
  byId("theme").onclick = () => Theme.toggle();
  byId("keys-button").onclick = () => byId("keys").showModal();
}

Theme.start();
byId("subtitle").textContent = `${DATA.frames} frames, ${DATA.size[0]} × ${DATA.size[1]}`;
if (DATA.clips.length < 2) update({ mode: "wipe", wipe: 1 });
choices();
buttons();
Stage.start();
Plots.start();
Slices.start();
Panels.start();
update({});
