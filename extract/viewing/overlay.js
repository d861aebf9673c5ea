// What is laid over a frame: the row of the facial track at the frame's time, and the words.
// Without a picture the row is the one at the clock's time, and its action units alone are shown.
"use strict";

// Place of the last element of a sorted list that is not behind a time; -1 where there is none.
const lastBefore = (list, time, of) => {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(list[middle]) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

// session: what session.json says; get: fetches; changed: is told when there is more to draw, or why not.
const layOver = (session, get, changed) => {
  const ROWS_S = 20, MOST_ROWS = 6; // of landmarks, and how many such stretches are held
  const AROUND = 7; // words shown before and after the one that is spoken
  const BREAKS = [[0, 17], [17, 22], [22, 27], [27, 31], [31, 36]]; // open lines of the 68 landmarks
  const RINGS = [[36, 42], [42, 48], [48, 60], [60, 68]];
  const EYES = [RINGS[0], RINGS[1]]; // of gaze_0 and gaze_1

  const at = (id) => document.getElementById(id);
  const overlay = at("overlay"), over = overlay.getContext("2d");
  const rows = new Map(), bars = new Map();

  // Rows of the facial track: a row is [valid, column, ...]
  const fetchRows = async (place) => {
    const from = place * ROWS_S - 0.5, to = (place + 1) * ROWS_S + 0.5;
    const body = await (await get(`face?from=${from}&to=${to}`)).arrayBuffer();
    const width = 1 + session.face.columns.length, count = body.byteLength / (8 + 4 * width);
    rows.set(place, {
      time: new Float64Array(body, 0, count),
      value: new Float32Array(body, 8 * count, count * width),
    });
    while (rows.size > MOST_ROWS) rows.delete(rows.keys().next().value);
    changed();
  };
  // The row at a frame's time; null where there is none, undefined while it is on its way.
  const rowAt = (time) => {
    const place = Math.floor(time / ROWS_S);
    if (!rows.has(place)) {
      rows.set(place, undefined);
      fetchRows(place).catch(changed);
    }
    const held = rows.get(place);
    if (!held) return undefined;
    let nearest = -1, least = 0.75 / session.face.rate_hz;
    const low = lastBefore(held.time, time, (one) => one);
    for (const row of [low, low + 1]) {
      const apart = Math.abs(held.time[row] - time);
      if (apart < least) [nearest, least] = [row, apart];
    }
    if (nearest < 0) return null;
    const width = 1 + session.face.columns.length;
    return {
      time: held.time[nearest],
      value: held.value.subarray(nearest * width, (nearest + 1) * width),
    };
  };

  const shows = (what) => at(`show-${what}`).checked;
  const line = (points, ring) => {
    over.beginPath();
    points.forEach(([x, y], n) => (n ? over.lineTo(x, y) : over.moveTo(x, y)));
    if (ring) over.closePath();
    over.stroke();
  };
  const middle = (points) => points.reduce(
    ([x, y], [px, py]) => [x + px / points.length, y + py / points.length], [0, 0]);

  const drawOver = (frame, clock_s) => {
    const time = session.video ? frame?.time : clock_s;
    over.clearRect(0, 0, overlay.width, overlay.height);
    delete overlay.dataset.row;
    if (!session.face) return say("no facial track in the store");
    if (time === undefined) return say("");
    const row = rowAt(time), [inOrAt, that] = session.video ? ["in", "this frame"] : ["at", "this time"];
    if (row === undefined) return say("loading the facial track");
    if (row === null) return say(`${that} has no row in the facial track`, true);
    overlay.dataset.row = row.time;
    const value = (name) => row.value[session.face.place[name]] ?? NaN;
    showUnits(value);
    if (!row.value[0]) return say(`face lost: nothing is measured ${inOrAt} ${that}`, true);
    const confidence = value("confidence");
    say(`face found${Number.isNaN(confidence) ? "" : `, confidence ${confidence.toFixed(2)}`}`);
    if (!session.video) return;
    const scale = overlay.width / session.video.width;
    const points = Array.from({ length: 68 }, (_, n) => [value(`x_${n}`) * scale, value(`y_${n}`) * scale]);
    const known = points.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
    const eyes = EYES.map(([from, to]) => middle(points.slice(from, to)));
    const unit = known ? Math.hypot(eyes[1][0] - eyes[0][0], eyes[1][1] - eyes[0][1]) : 0;
    overlay.dataset.nose = known ? `${points[30][0] / scale},${points[30][1] / scale}` : "";
    over.lineWidth = Math.max(1, overlay.width / 600);
    if (known && shows("landmarks")) {
      over.strokeStyle = over.fillStyle = "#35e0ff";
      over.globalAlpha = 0.55;
      BREAKS.forEach(([from, to]) => line(points.slice(from, to)));
      RINGS.forEach(([from, to]) => line(points.slice(from, to), true));
      over.globalAlpha = 1;
      const size = Math.max(2, overlay.width / 320);
      points.forEach(([x, y]) => over.fillRect(x - size / 2, y - size / 2, size, size));
    }
    if (known && shows("gaze")) {
      over.strokeStyle = "#ffd23c";
      over.lineWidth = Math.max(2, overlay.width / 300);
      eyes.forEach(([x, y], eye) => {
        const [dx, dy] = [value(`gaze_${eye}_x`), value(`gaze_${eye}_y`)];
        if (Number.isFinite(dx + dy)) line([[x, y], [x + 1.5 * unit * dx, y + 1.5 * unit * dy]]);
      });
    }
    if (known && shows("pose")) drawPose(points[27], unit, value);
  };
  // Axes of the head at the bridge of the nose: R = Rx Ry Rz, x right, y down, z away (the nose: -z).
  const drawPose = ([x, y], unit, value) => {
    const [a, b, c] = ["x", "y", "z"].map((axis) => value(`pose_R${axis}`));
    if (!Number.isFinite(a + b + c)) return;
    const [sa, ca, sb, cb, sc, cc] = [a, b, c].flatMap((one) => [Math.sin(one), Math.cos(one)]);
    const axes = [
      ["#ff6b5e", cb * cc, ca * sc + cc * sa * sb],
      ["#5fd35f", -cb * sc, ca * cc - sa * sb * sc],
      ["#7aa2ff", -sb, cb * sa],
    ];
    over.lineWidth = Math.max(2, overlay.width / 300);
    for (const [ink, dx, dy] of axes) {
      over.strokeStyle = ink;
      line([[x, y], [x + unit * dx, y + unit * dy]]);
    }
  };
  const say = (text, alarm = false) => {
    if (at("face").textContent !== text) at("face").textContent = text; // a status: read aloud
    at("face").classList.toggle("lost", alarm);
    if (alarm || !text) showUnits(() => NaN);
  };
  const showUnits = (value) => {
    at("units").hidden = !shows("units") || !bars.size;
    for (const [name, { bar, said }] of bars) {
      const rated = value(name);
      bar.style.width = `${Number.isFinite(rated) ? 20 * Math.min(5, Math.max(0, rated)) : 0}%`;
      said.textContent = Number.isFinite(rated) ? rated.toFixed(1) : "\u2013";
    }
  };
  const showWords = (time) => {
    const box = at("words");
    box.hidden = !shows("words") || !session.words.length;
    if (box.hidden) return;
    const last = lastBefore(session.words, time, (word) => word[0]);
    let spoken = -1;
    for (let n = last; n >= 0 && n > last - 20; n--) {
      if (session.words[n][1] > time) { spoken = n; break; }
    }
    const key = `${last} ${spoken}`;
    if (box.dataset.key === key) return;
    box.dataset.key = key;
    box.dataset.spoken = spoken;
    const from = Math.max(0, last - AROUND), to = Math.min(session.words.length, last + 1 + AROUND);
    let role = "";
    box.replaceChildren(...session.words.slice(from, to).flatMap(([, , text, who], n) => {
      const word = document.createElement("span");
      word.textContent = text;
      word.className = from + n === spoken ? "spoken" : "";
      const parts = [word, " "];
      if (who !== role) {
        const name = document.createElement("span");
        name.className = "role";
        name.textContent = `${who}:`;
        parts.unshift(name, " ");
        role = who;
      }
      return parts;
    }));
  };

  if (session.face) {
    session.face.place = Object.fromEntries(session.face.columns.map((name, n) => [name, n + 1]));
    for (const name of session.face.columns.filter((one) => one.startsWith("AU"))) {
      const [unit, track, bar, said] = ["div", "span", "i", "b"].map((kind) => document.createElement(kind));
      unit.append(name.slice(0, 4), track, said);
      track.append(bar);
      at("units").append(unit);
      bars.set(name, { bar, said });
    }
  }
  // Switches of what is not there.
  for (const what of ["landmarks", "gaze", "pose"]) at(`show-${what}`).parentNode.hidden = !(session.video && session.face);
  at("show-units").parentNode.hidden = !bars.size;
  at("show-words").parentNode.hidden = !session.words.length;
  return { draw: drawOver, speak: showWords };
};
