// What is shown, the one state of the page, and its pictures: decoded when they are needed, kept for a while.
"use strict";

const byId = (id) => document.getElementById(id);
const read = (id) => (byId(id) ? JSON.parse(byId(id).textContent) : null);
const DATA = read("data");
const colour = (clip) => `var(--clip-${clip % 6})`;

const state = { frame: 0, left: 0, right: Math.min(1, DATA.clips.length - 1), mode: "wipe", wipe: 0.5, zoom: 1, x: 0.5, y: 0.5 };
const watchers = [];
let asked = false;

// Change the state; everything that shows it is drawn anew once per screen frame.
function update(changes) {
  Object.assign(state, changes);
  state.frame = Math.max(0, Math.min(DATA.frames - 1, Math.round(state.frame)));
  state.wipe = Math.max(0, Math.min(1, state.wipe));
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    for (const watcher of watchers) watcher(state);
  });
}

const Frames = {
  kept: new Map(), // "clip/frame" -> Image, in the order of use
  waiting: new Map(),
  blocks: new Map(),
  exact: new Set(DATA.lossless),
  mapped: new Set(DATA.maps), // "clip/frame"

  block(id) {
    if (!this.blocks.has(id)) {
      this.blocks.set(id, read(id));
      byId(id)?.remove(); // its text is not needed twice
    }
    return this.blocks.get(id);
  },

  address(clip, frame) {
    if (clip === "map") return "data:image/webp;base64," + this.block("maps")[frame.replace(":", "/")];
    if (DATA.served) return `frame/${clip}/${frame}.webp`;
    const exact = this.exact.has(frame) && this.block("lossless")[`${clip}/${frame}`];
    return "data:image/webp;base64," + (exact || this.block(`clip-${clip}`)[frame]);
  },

  // The picture if it is at hand, else null, and it is fetched.
  now(clip, frame) {
    const key = `${clip}/${frame}`;
    const image = this.kept.get(key);
    if (!image) {
      this.fetch(clip, frame);
      return null;
    }
    this.kept.delete(key);
    this.kept.set(key, image);
    return image;
  },

  async fetch(clip, frame) {
    const key = `${clip}/${frame}`;
    if (frame < 0 || frame >= DATA.frames || this.kept.has(key)) return this.kept.get(key); // no such frame, or at hand
    if (!this.waiting.has(key)) {
      const image = new Image();
      image.src = this.address(clip, frame);
      this.waiting.set(key, image.decode().then(() => this.keep(key, image), () => null));
    }
    return this.waiting.get(key);
  },

  keep(key, image) {
    this.waiting.delete(key);
    this.kept.set(key, image);
    for (const old of this.kept.keys()) {
      if (this.kept.size <= 80) break;
      this.kept.delete(old);
    }
    update({});
    return image;
  },

  // What is likely to be asked for next.
  around(clips, frame) {
    const far = DATA.served ? 1 : 4;
    for (let step = 1; step <= far; step++) for (const clip of clips) [frame + step, frame - step].forEach((n) => this.fetch(clip, n));
  },
};
