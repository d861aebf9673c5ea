// Timelines: decodes what the page carries, has plotly draw it, and swaps levels on zoom.
//
// A timeline is an element with the class "timeline"; it takes and gives the event "depx:time",
// { time_s, from, show }: given, it moves the cursor (with show: true it also zooms there); a click
// on it sends one with from: "timeline".
"use strict";
(() => {
  const MOST = 2500; // bins or samples of a curve that are drawn at a time
  const LETTER_PX = 5.6; // of what is written on spans
  const ROW = 18, GAP = 9, TOP = 4, FOOT = 34, RIGHT = 12; // pixels
  const coarsePointer = matchMedia("(pointer: coarse)");

  const decode = (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length / 4 }, (_, n) => view.getFloat32(4 * n, true));
  };
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const clock = (s, digits = 1) => {
    const sign = s < 0 ? "-" : "";
    const tenths = Math.abs(s).toFixed(digits);
    const minutes = Math.floor(tenths / 60);
    return `${sign}${minutes}:${(tenths - 60 * minutes).toFixed(digits).padStart(digits ? 3 + digits : 2, "0")}`;
  };
  const firstAfter = (sorted, value) => {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  class Timeline {
    constructor(element) {
      this.element = element;
      this.plot = element.querySelector(".plot");
      const data = JSON.parse(element.querySelector("script").textContent);
      this.numbers = data.numbers.map(() => null);
      this.packed = data.numbers;
      this.lanes = data.lanes;
      this.whole = [data.start, data.stop];
      this.range = [...this.whole];
      this.lay();
      this.tools();
      this.draw();
      this.listen();
    }

    number(place) {
      return (this.numbers[place] ??= decode(this.packed[place]));
    }

    // Where the lanes lie, and which traces there are; top to bottom.
    lay() {
      this.rows = this.lanes.map((lane) => [...new Set(lane.spans.map((one) => one.row))]);
      this.heights = this.lanes.map((lane, n) =>
        lane.curves.length ? lane.height : ROW * this.rows[n].length);
      const drawn = this.heights.reduce((sum, height) => sum + height + GAP, -GAP);
      this.height = TOP + drawn + FOOT;
      let below = drawn;
      this.domains = this.heights.map((height) => {
        const domain = [Math.max(0, (below - height) / drawn), below / drawn];
        below -= height + GAP;
        return domain;
      });
    }

    left() {
      return this.plot.clientWidth < 560 ? 92 : 150;
    }

    pixels() {
      return Math.max(80, this.plot.clientWidth - this.left() - RIGHT);
    }

    colours() {
      const style = getComputedStyle(document.documentElement);
      return Object.fromEntries(
        ["page", "ink", "soft", "grid", "band", "one", "two", "three", "alarm"].map(
          (name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    }

    // A curve's points in view, and half a view to each side: the finest level that is not too many.
    points(levels) {
      const [from, to] = this.range, margin = (to - from) / 2;
      for (let n = levels.length - 1; n >= 0; n--) {
        const level = levels[n];
        const time = level.time === undefined ? null : this.number(level.time);
        const low = this.number(level.low), high = this.number(level.high);
        const place = time
          ? (s) => firstAfter(time, s)
          : (s) => Math.min(low.length, Math.max(0, Math.floor((s - this.whole[0]) / level.step)));
        if (n && place(to) - place(from) > MOST) continue;
        const first = Math.max(0, place(from - margin) - 1);
        const last = Math.min(low.length, place(to + margin) + 2);
        const x = [], y = [];
        for (let i = first; i < last; i++) {
          const at = time ? time[i] : this.whole[0] + (i + 0.5) * level.step;
          const value = Number.isNaN(low[i]) ? null : low[i];
          x.push(at);
          y.push(value);
          if (value !== null && high[i] !== value) {
            x.push(at);
            y.push(high[i]);
          }
        }
        return { x, y };
      }
      return { x: [], y: [] };
    }

    boxes(spans, row) {
      const start = this.number(spans.start), stop = this.number(spans.stop);
      const x = [], y = [];
      const half = spans.faint ? 0.46 : 0.36;
      const [from, to] = this.range, margin = (to - from) / 2;
      for (let i = 0; i < start.length; i++) {
        if (stop[i] < from - margin || start[i] > to + margin) continue;
        // Words that touch are told apart, near enough, by a gap of 15 ms.
        const end = stop[i] - (spans.text ? Math.min(0.015, (stop[i] - start[i]) / 10) : 0);
        x.push(start[i], end, end, start[i], start[i], null);
        y.push(row - half, row - half, row + half, row + half, row - half, null);
      }
      return { x, y };
    }

    // What is written on spans in view, where there is room, and what is told of who is pointed at.
    notes(spans, row) {
      const start = this.number(spans.start), stop = this.number(spans.stop);
      const [from, to] = this.range;
      const seen = [];
      for (let i = 0; i < start.length; i++) if (stop[i] > from && start[i] < to) seen.push(i);
      const few = seen.length <= MOST ? seen : [];
      const text = (i) => (spans.text ? plain(spans.text[i]) : "");
      const scale = this.pixels() / (to - from);
      const fits = (i) => {
        const next = Math.min(to, i + 1 < start.length ? start[i + 1] : Infinity);
        return (next - Math.max(start[i], from)) * scale >= 3 + LETTER_PX * spans.text[i].length;
      };
      const fitting = new Set(spans.written ? few.filter(fits) : []);
      const room = fitting.size >= 0.3 * few.length; // a few letters among blanks say nothing
      return {
        x: few.map((i) => Math.max(start[i], from)),
        y: few.map(() => row),
        text: few.map((i) => (room && fitting.has(i) ? text(i) : "")),
        hovertext: few.map((i) =>
          [text(i), `${plain(spans.about)} ${clock(start[i], 2)} to ${clock(stop[i], 2)}`]
            .filter(Boolean).join("<br>")),
      };
    }

    traces() {
      const colour = this.colours();
      const traces = [];
      this.moving = []; // of each trace that follows the view: how it is filled
      this.lanes.forEach((lane, n) => {
        const yaxis = n ? `y${n + 1}` : "y";
        const common = { type: "scatter", xaxis: "x", yaxis, showlegend: false };
        for (const curve of lane.curves) {
          this.moving.push([traces.length, () => this.points(curve.levels)]);
          traces.push({
            ...common, ...this.points(curve.levels), name: plain(curve.name), mode: "lines",
            line: { color: colour[curve.colour], width: 1 }, connectgaps: false,
            hovertemplate: `${plain(curve.name)} %{y:.3~g}<extra></extra>`,
          });
        }
        for (const spans of lane.spans) {
          const row = this.rows[n].indexOf(spans.row);
          this.moving.push([traces.length, () => this.boxes(spans, row)]);
          traces.push({
            ...common, ...this.boxes(spans, row), mode: "lines", fill: "toself", hoverinfo: "skip",
            line: { width: spans.faint ? 0 : 0.5, color: colour[spans.colour] },
            fillcolor: colour[spans.colour], opacity: spans.faint ? 0.28 : 1,
          });
          if (spans.faint) continue;
          spans.written = spans.text !== null && spans.colour !== "alarm" && spans.colour !== "soft";
          this.moving.push([traces.length, () => this.notes(spans, row)]);
          traces.push({
            ...common, ...this.notes(spans, row), mode: "markers+text", hoverinfo: "text",
            marker: { opacity: 0, size: 1 }, textposition: "middle right", textfont: { color: colour.page, size: 11 },
            cliponaxis: true,
          });
        }
      });
      return traces;
    }

    layout() {
      const colour = this.colours(), left = this.left();
      const fit = (name, room) => {
        const most = Math.floor((left - room) / 6.2);
        return name.length > most ? `${name.slice(0, most - 1)}\u2026` : name;
      };
      const layout = {
        height: this.height, autosize: true, paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest", showlegend: false,
        dragmode: coarsePointer.matches ? false : "zoom",
        margin: { l: left, r: RIGHT, t: TOP, b: FOOT },
        font: { color: colour.ink, size: 11, family: getComputedStyle(document.body).fontFamily },
        hoverlabel: { bgcolor: colour.page, bordercolor: colour.soft, font: { color: colour.ink } },
        annotations: [],
        xaxis: {
          range: [...this.range], domain: [0, 1], anchor: "free", position: 0, ...this.ticks(),
          gridcolor: colour.grid, zeroline: false, linecolor: colour.grid, showline: true,
          minallowed: this.whole[0], maxallowed: this.whole[1],
        },
      };
      this.lanes.forEach((lane, n) => {
        const axis = {
          domain: this.domains[n], fixedrange: true, zeroline: false, showgrid: false,
          anchor: "x", linecolor: colour.grid, showline: true, ticks: "",
        };
        if (lane.curves.length) {
          if (lane.ends) Object.assign(axis, { range: lane.ends, tickvals: lane.ends });
          else Object.assign(axis, { nticks: 3, autorange: false, range: this.ends(lane) });
          axis.tickfont = { size: 9, color: colour.soft };
          const names = lane.curves.length < 2 ? plain(fit(lane.title, 26)) : lane.curves
            .map((one) => `<span style="color:${colour[one.colour]}">${plain(one.name)}</span>`)
            .join("<br>");
          layout.annotations.push({
            text: names, showarrow: false, xref: "paper", x: 0, xanchor: "left", align: "left",
            xshift: 4 - left, yref: "paper", yanchor: "middle",
            y: (this.domains[n][0] + this.domains[n][1]) / 2, font: { size: 11 },
          });
        } else {
          const rows = this.rows[n];
          Object.assign(axis, {
            range: [rows.length - 0.5, -0.5], tickvals: [], showline: false,
          });
          rows.forEach((name, row) => layout.annotations.push({
            text: plain(fit(name, 6)), showarrow: false, xref: "paper", x: 0, xanchor: "left",
            align: "left", xshift: 4 - left, yref: n ? `y${n + 1}` : "y", y: row,
            yanchor: "middle", font: { size: 11 },
          }));
        }
        layout[n ? `yaxis${n + 1}` : "yaxis"] = axis;
      });
      return layout;
    }

    // The ends of a lane's scale do not move with the view: they are those of its coarsest level.
    ends(lane) {
      let low = Infinity, high = -Infinity;
      for (const { levels } of lane.curves) {
        for (const value of this.number(levels[0].low)) if (value < low) low = value;
        for (const value of this.number(levels[0].high)) if (value > high) high = value;
      }
      if (!(low <= high)) return [0, 1];
      const room = (high - low) / 20 || 1;
      return [low - room, high + room];
    }

    ticks() {
      const [from, to] = this.range, wanted = this.pixels() / 80;
      const steps = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
      const step = steps.find((one) => (to - from) / one <= wanted) ?? 7200;
      const tickvals = [];
      for (let n = Math.ceil(from / step); n * step <= to; n++) tickvals.push(n * step);
      const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
      return { tickvals, ticktext: tickvals.map((s) => clock(s, digits)) };
    }

    draw() {
      Plotly.react(this.plot, this.traces(), this.layout(), {
        displaylogo: false, displayModeBar: false, scrollZoom: false, responsive: true,
        doubleClick: false, plotlyServerURL: "", showTips: false,
      });
      this.point();
    }

    // Fill in what is now in view; while plotly is at it, only the latest view waits.
    async follow() {
      if (this.busy) {
        this.again = true;
        return;
      }
      this.busy = true;
      try {
        do {
          this.again = false;
          await this.fill();
        } while (this.again);
      } finally {
        this.busy = false;
      }
    }

    async fill() {
      const places = this.moving.map(([place]) => place);
      const filled = this.moving.map(([, fill]) => fill());
      const change = { x: filled.map((one) => one.x), y: filled.map((one) => one.y) };
      change.text = filled.map((one) => one.text);
      change.hovertext = filled.map((one) => one.hovertext);
      const { tickvals, ticktext } = this.ticks();
      await Plotly.update(this.plot, change, {
        "xaxis.range": [...this.range], "xaxis.tickvals": tickvals, "xaxis.ticktext": ticktext,
        "xaxis.autorange": false,
      }, places);
      this.point();
    }

    show(from, to) {
      const [start, stop] = this.whole;
      const length = Math.min(stop - start, Math.max(0.2, to - from));
      const first = Math.min(Math.max(start, from), stop - length);
      this.range = [first, first + length];
      return this.follow();
    }

    zoom(factor) {
      const [from, to] = this.range;
      const middle = this.time > from && this.time < to ? this.time : (from + to) / 2;
      return this.show(middle - (middle - from) * factor, middle + (to - middle) * factor);
    }

    tools() {
      const bar = this.element.querySelector(".tools");
      const step = (share) => {
        const [from, to] = this.range, by = (to - from) * share;
        return this.show(from + by, to + by);
      };
      for (const [name, act] of [
        ["Zoom in", () => this.zoom(1 / 3)], ["Zoom out", () => this.zoom(3)],
        ["Earlier", () => step(-0.5)], ["Later", () => step(0.5)],
        ["Whole", () => this.show(...this.whole)],
      ]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = name;
        button.addEventListener("click", act);
        bar.append(button);
      }
      this.told = document.createElement("output");
      bar.append(this.told);
      this.cursor = document.createElement("div");
      this.cursor.className = "cursor";
      this.plot.parentElement.append(this.cursor);
    }

    // Move the cursor to where the time is.
    point() {
      const [from, to] = this.range, known = this.time !== undefined;
      const inside = known && this.time >= from && this.time <= to;
      this.cursor.hidden = !inside;
      if (known) this.told.textContent = clock(this.time, 2);
      if (!inside) return;
      const x = this.left() + ((this.time - from) / (to - from)) * this.pixels();
      this.cursor.style.transform = `translateX(${x}px)`;
      this.cursor.style.height = `${this.height - FOOT}px`;
    }

    listen() {
      this.plot.on("plotly_relayout", (changed) => {
        if (changed["xaxis.range[0]"] === undefined) return;
        this.show(changed["xaxis.range[0]"], changed["xaxis.range[1]"]);
      });
      let dragged = -Infinity; // a click right behind a drag makes no double click of the two
      this.plot.on("plotly_doubleclick", () => {
        if (performance.now() - dragged > 600) this.show(...this.whole);
      });
      this.element.addEventListener("depx:time", ({ detail }) => {
        this.time = detail.time_s;
        const [from, to] = this.range;
        if (detail.show) {
          const half = Math.min(to - from, 20) / 2;
          this.show(this.time - half, this.time + half);
        } else this.point();
      });
      let down = null; // a click, not a drag, says when
      this.plot.addEventListener("pointerdown", (event) => { down = event; }, true);
      addEventListener("pointerup", (event) => {
        const held = down;
        down = null;
        if (!held) return;
        if (Math.hypot(event.clientX - held.clientX, event.clientY - held.clientY) > 4) {
          dragged = performance.now();
          return;
        }
        const box = this.plot.getBoundingClientRect();
        const share = (event.clientX - box.left - this.left()) / this.pixels();
        if (share < 0 || share > 1) return;
        const time_s = this.range[0] + share * (this.range[1] - this.range[0]);
        const detail = { time_s, from: "timeline" };
        this.element.dispatchEvent(new CustomEvent("depx:time", { detail, bubbles: true }));
      }, true);
      let width = this.plot.clientWidth;
      new ResizeObserver(() => {
        if (this.plot.clientWidth === width || !this.plot.clientWidth) return;
        width = this.plot.clientWidth;
        this.draw();
      }).observe(this.plot);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    }
  }

  // One is drawn when it comes into view: a page may hold a hundred.
  const drawn = new Map();
  const open = (element) => {
    if (!drawn.has(element)) drawn.set(element, new Timeline(element));
  };
  const watch = new IntersectionObserver((seen) => {
    for (const one of seen) if (one.isIntersecting) open(one.target);
  }, { rootMargin: "400px" });
  for (const element of document.querySelectorAll(".timeline")) watch.observe(element);

  // "Go there" buttons of tables: data-timeline names one, data-time says when.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-time]");
    if (!button) return;
    const element = document.getElementById(button.dataset.timeline);
    element.scrollIntoView({ block: "nearest" });
    open(element);
    const detail = { time_s: Number(button.dataset.time), from: "table", show: true };
    element.dispatchEvent(new CustomEvent("depx:time", { detail, bubbles: true }));
  });
})();
