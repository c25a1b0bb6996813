// One line of the picture over time: flicker, jitter and grain that boils show as texture along the time axis.
"use strict";

const Slices = {
  cursors: [],

  show(kind, place) {
    this.cursors = [];
    byId("slices").replaceChildren(...DATA.slices.map((slices, clip) => {
      const image = make("img", { src: `data:image/webp;base64,${slices[kind][place]}`, alt: `${DATA.clips[clip].name}, a line over time`, draggable: false });
      const tag = make("span", { className: "tag", textContent: DATA.clips[clip].name });
      tag.style.borderColor = colour(clip);
      const cursor = make("div", { className: "cursor" });
      const box = make("div", { className: `slice ${DATA.frames < 240 ? "coarse" : ""}` }, image, tag, cursor);
      seekable(box);
      this.cursors.push(cursor);
      return box;
    }));
    for (const button of byId("slice-picks").children) button.setAttribute("aria-pressed", button.value === `${kind}/${place}`);
    update({});
  },

  start() {
    const there = DATA.slices && DATA.slices.length && DATA.frames > 1;
    byId("slices-section").hidden = !there;
    if (!there) return;
    byId("slices").style.setProperty("--across", { 1: 1, 2: 2, 4: 2 }[DATA.clips.length] || 3);
    for (const [kind, words] of [["columns", "column"], ["rows", "row"]])
      DATA.slices[0].at.forEach((share, place) => byId("slice-picks").append(make("button", {
        value: `${kind}/${place}`, textContent: `${words} at ${Math.round(100 * share)} %`, onclick: () => this.show(kind, place),
      })));
    watchers.push(() => this.cursors.forEach((cursor) => (cursor.style.left = `${(100 * (state.frame + 0.5)) / DATA.frames}%`)));
    this.show("columns", 1);
  },
};
