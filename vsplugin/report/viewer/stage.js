// The stage: two clips on one canvas, with a line between them, zoom and pan that both share.
"use strict";

const Stage = {
  box: byId("stage"),
  canvas: byId("canvas"),
  shown: [null, null], // the last pictures at hand, so that nothing flickers while the next are decoded
  pointers: new Map(),

  // Canvas pixels per picture pixel, and where the picture's corner lies, in an area `width` wide.
  view(width, height) {
    const [w, h] = DATA.size;
    const scale = Math.min(width / w, height / h) * state.zoom;
    const place = (size, area, at) => (size <= area ? (area - size) / 2 : Math.min(0, Math.max(area - size, area / 2 - at * size)));
    return { scale, left: place(w * scale, width, state.x), top: place(h * scale, height, state.y) };
  },

  draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.box.clientWidth * ratio), height = Math.round(this.box.clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    const paint = this.canvas.getContext("2d");
    paint.clearRect(0, 0, width, height);
    const images = [state.left, state.right].map((clip, side) => (this.shown[side] = Frames.now(clip, state.frame) || this.shown[side]));
    if (state.mode === "side") {
      const half = Math.floor(width / 2) - 1;
      this.paint(paint, images[0], 0, 0, half, half, height);
      this.paint(paint, images[1], half + 2, half + 2, width - half - 2, half, height);
    } else if (state.mode === "invented") {
      this.invented(paint, images[1], width, height);
    } else if (state.mode === "difference") {
      this.difference(paint, images, width, height);
    } else {
      const cut = Math.round(state.wipe * width);
      this.paint(paint, images[0], 0, 0, cut, width, height);
      this.paint(paint, images[1], 0, cut, width - cut, width, height);
    }
    this.label(ratio, width, height);
    Frames.around([state.left, state.right], state.frame);
  },

  // A picture in columns [from, from + count), laid out for an area that begins at `origin`.
  paint(paint, image, origin, from, count, width, height) {
    if (!image || count <= 0) return;
    const { scale, left, top } = this.view(width, height);
    paint.save();
    paint.beginPath();
    paint.rect(from, 0, count, height);
    paint.clip();
    paint.imageSmoothingEnabled = scale * DATA.size[0] < 3 * image.naturalWidth;
    paint.imageSmoothingQuality = "high";
    paint.drawImage(image, origin + left, top, DATA.size[0] * scale, DATA.size[1] * scale);
    paint.restore();
  },

  // The right picture in grey, and what its source does not explain glowing on it.
  invented(paint, image, width, height) {
    const key = `${state.right}/${state.frame}`;
    paint.filter = "grayscale(1) brightness(0.55)";
    this.paint(paint, image, 0, 0, width, width, height);
    paint.filter = "none";
    const map = Frames.mapped.has(key) && Frames.now("map", key.replace("/", ":"));
    if (!map) return;
    const { scale, left, top } = this.view(width, height);
    const glow = new OffscreenCanvas(map.naturalWidth, map.naturalHeight), pen = glow.getContext("2d");
    pen.drawImage(map, 0, 0);
    pen.globalCompositeOperation = "multiply";
    pen.fillStyle = "#ff5a1f";
    pen.fillRect(0, 0, glow.width, glow.height);
    paint.globalCompositeOperation = "lighter";
    paint.drawImage(glow, left, top, DATA.size[0] * scale, DATA.size[1] * scale);
    paint.globalCompositeOperation = "source-over";
  },

  difference(paint, images, width, height) {
    if (!images[0] || !images[1]) return;
    const wide = Math.max(images[0].naturalWidth, images[1].naturalWidth);
    const high = Math.max(images[0].naturalHeight, images[1].naturalHeight);
    const apart = new OffscreenCanvas(wide, high), pen = apart.getContext("2d");
    pen.drawImage(images[0], 0, 0, wide, high);
    pen.globalCompositeOperation = "difference";
    pen.drawImage(images[1], 0, 0, wide, high);
    const { scale, left, top } = this.view(width, height);
    paint.filter = "brightness(4)";
    paint.imageSmoothingEnabled = scale * DATA.size[0] < 3 * wide;
    paint.drawImage(apart, left, top, DATA.size[0] * scale, DATA.size[1] * scale);
    paint.filter = "none";
  },

  label(ratio, width, height) {
    const handle = byId("handle");
    handle.hidden = state.mode !== "wipe";
    handle.style.display = handle.hidden ? "none" : "";
    handle.style.left = `${state.wipe * 100}%`;
    [["left", state.left], ["right", state.right]].forEach(([side, clip]) => {
      const tag = byId(`tag-${side}`);
      tag.textContent = DATA.clips[clip].name;
      tag.style.borderColor = colour(clip);
      tag.style.display = { difference: "right", invented: "left" }[state.mode] === side ? "none" : "";
    });
    if (state.mode === "difference") byId("tag-left").textContent = `${DATA.clips[state.left].name} − ${DATA.clips[state.right].name}`;
    if (state.mode === "invented" && !Frames.mapped.has(`${state.right}/${state.frame}`)) byId("tag-right").textContent += ": no map of this frame, the worst ones have one";
    const half = state.mode === "side" ? 0.5 : 1;
    const scale = this.view(width * half, height).scale;
    byId("zoom").textContent = state.zoom === 1 ? "fit" : `${Math.round(scale * 100)} %`;
    const exact = DATA.served || Frames.exact.has(state.frame);
    byId("badge").textContent = DATA.served ? "as rendered" : exact ? "without loss" : "preview";
    byId("badge").className = exact ? "exact" : "";
    this.box.classList.toggle("pan", state.mode !== "wipe");
  },

  // Zoom so that what lies under (clientX, clientY) stays there.
  zoomAt(factor, clientX, clientY) {
    const box = this.box.getBoundingClientRect();
    const width = state.mode === "side" ? box.width / 2 : box.width;
    const before = this.view(width, box.height);
    const x = (clientX - box.left) % width, y = clientY - box.top;
    const at = [(x - before.left) / (before.scale * DATA.size[0]), (y - before.top) / (before.scale * DATA.size[1])];
    const most = Math.max(8, 32 / (before.scale / state.zoom));
    state.zoom = Math.max(1, Math.min(most, state.zoom * factor));
    if (state.zoom < 1.02) state.zoom = 1;
    const scale = this.view(width, box.height).scale;
    this.centre(at[0] + (width / 2 - x) / (scale * DATA.size[0]), at[1] + (box.height / 2 - y) / (scale * DATA.size[1]));
  },

  centre(x, y) {
    const box = this.box.getBoundingClientRect();
    const width = state.mode === "side" ? box.width / 2 : box.width;
    const { scale } = this.view(width, box.height);
    const keep = (at, area, size) => (size <= area ? 0.5 : Math.max(area / 2 / size, Math.min(1 - area / 2 / size, at)));
    update({ x: keep(x, width, scale * DATA.size[0]), y: keep(y, box.height, scale * DATA.size[1]) });
  },

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const [x, y] = [event.clientX, event.clientY];
    const box = this.box.getBoundingClientRect();
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
      this.zoomAt(far([x, y], other.at) / far(before.at, other.at), (x + other.at[0]) / 2, (y + other.at[1]) / 2);
    } else if (before.wipes) {
      update({ wipe: (x - box.left) / box.width });
    } else {
      const { scale } = this.view(state.mode === "side" ? box.width / 2 : box.width, box.height);
      this.centre(state.x - (x - before.at[0]) / (scale * DATA.size[0]), state.y - (y - before.at[1]) / (scale * DATA.size[1]));
    }
    before.at = [x, y];
  },

  press(event) {
    const box = this.box.getBoundingClientRect();
    const near = Math.abs(event.clientX - box.left - state.wipe * box.width) < 28;
    const wipes = state.mode === "wipe" && this.pointers.size === 0 && (near || state.zoom === 1);
    this.pointers.set(event.pointerId, { at: [event.clientX, event.clientY], wipes });
    this.box.setPointerCapture(event.pointerId);
    this.box.focus({ preventScroll: true });
    if (wipes) update({ wipe: (event.clientX - box.left) / box.width });
  },

  start() {
    const release = (event) => this.pointers.delete(event.pointerId);
    this.box.style.setProperty("--shape", DATA.size[0] / DATA.size[1]);
    this.box.addEventListener("pointerdown", (event) => this.press(event));
    this.box.addEventListener("pointermove", (event) => this.move(event));
    this.box.addEventListener("pointerup", release);
    this.box.addEventListener("pointercancel", release);
    this.box.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoomAt(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX, event.clientY);
    }, { passive: false });
    this.box.addEventListener("dblclick", (event) => {
      const box = this.box.getBoundingClientRect();
      const one = 1 / this.view(box.width, box.height).scale; // picture pixels as screen pixels
      state.zoom > 1 ? update({ zoom: 1 }) : this.zoomAt(Math.max(2, one), event.clientX, event.clientY);
    });
    new ResizeObserver(() => update({})).observe(this.box);
    watchers.push(() => this.draw());
  },
};
