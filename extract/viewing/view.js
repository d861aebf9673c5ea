// The player of a session: its sound is the clock; frames, landmarks and words follow it.
//
// Frames come as JPEGs with their times, some ahead of the sound; what is laid over a frame is the
// row of the facial track at that frame's own time, never at the sound's.  Without sound the clock
// is a silent file of the session's length.
"use strict";
(() => {
  const AHEAD_S = 1.5, BEHIND_S = 1, CHUNK_S = 0.5; // of frames that are held
  const LATE_S = 0.3; // the sound waits for a picture that is further behind
  const ROWS_S = 20, MOST_ROWS = 6; // of landmarks, and how many such stretches are held
  const SAME_S = 0.0005; // two times that are one, but for rounding
  const AROUND = 7; // words shown before and after the one that is spoken
  const BREAKS = [[0, 17], [17, 22], [22, 27], [27, 31], [31, 36]]; // open lines of the 68 landmarks
  const RINGS = [[36, 42], [42, 48], [48, 60], [60, 68]];
  const EYES = [RINGS[0], RINGS[1]]; // of gaze_0 and gaze_1

  const at = (id) => document.getElementById(id);
  const picture = at("picture"), overlay = at("overlay"), sound = at("sound");
  const paint = picture.getContext("2d"), over = overlay.getContext("2d");
  let session; // what session.json says
  let frames = []; // [{ time, image }], sorted
  let covered = [0, 0]; // stretch of time whose frames are here
  let asked = 0; // raised when all frames are given up, so that late answers are not taken
  let busy = false, failed = "";
  let playing = false, waiting = false;
  let here = 0; // the session's time while nothing plays
  let drawn = null, stale = true;
  const rows = new Map(), bars = new Map();

  const now = () => (playing ? sound.currentTime + session.start_s : here);
  const lastBefore = (list, time, of) => {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (of(list[middle]) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  const clock = (s) => {
    const whole = Math.abs(s), minutes = Math.floor(whole / 60);
    return `${s < 0 ? "-" : ""}${minutes}:${(whole - 60 * minutes).toFixed(2).padStart(5, "0")}`;
  };
  const get = async (address) => {
    const answer = await fetch(address).catch(() => {
      throw new Error("depx view has ended; start it again");
    });
    if (!answer.ok) throw new Error((await answer.text()) || "is not there");
    return answer;
  };

  // Frames: seconds from, to -> [{ time, image }]
  const fetchFrames = async (from, to) => {
    const body = await (await get(`frames?from=${from}&to=${to}`)).arrayBuffer();
    const view = new DataView(body), found = [];
    for (let place = 0; place < body.byteLength;) {
      const time = view.getFloat64(place, true), size = view.getUint32(place + 8, true);
      const jpeg = new Blob([new Uint8Array(body, place + 12, size)], { type: "image/jpeg" });
      found.push(createImageBitmap(jpeg).then((image) => ({ time, image })));
      place += 12 + size;
    }
    return Promise.all(found);
  };
  const giveUp = (gone) => gone.forEach((frame) => frame !== drawn && frame.image.close());
  const reaches = (time) => covered[1] > covered[0] && covered[1] >= time;
  const fill = async () => {
    const time = now();
    if (!session.video || busy || failed) return;
    if (time < covered[0] - SAME_S || time > covered[1] + SAME_S) {
      giveUp(frames);
      frames = [];
      covered = [time, time];
      asked += 1;
    }
    if (reaches(Math.min(time + AHEAD_S, session.stop_s))) return;
    busy = true;
    const mine = asked, from = covered[1], to = from + CHUNK_S;
    try {
      const found = await fetchFrames(from, to);
      if (mine !== asked) return giveUp(found);
      const last = frames.length ? frames[frames.length - 1].time : -Infinity;
      frames.push(...found.filter((frame) => frame.time > last));
      giveUp(found.filter((frame) => frame.time <= last));
      covered[1] = to;
      const first = Math.max(0, lastBefore(frames, now() - BEHIND_S, (frame) => frame.time));
      giveUp(frames.splice(0, first));
      if (first) covered[0] = frames[0].time;
      stale = true;
    } catch (error) {
      failed = `picture: ${error.message}`;
      stale = true;
    } finally {
      busy = false;
    }
  };

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
    stale = true;
  };
  // The row at a frame's time; null where there is none, undefined while it is on its way.
  const rowAt = (time) => {
    const place = Math.floor(time / ROWS_S);
    if (!rows.has(place)) {
      rows.set(place, undefined);
      fetchRows(place).catch((error) => { failed = `face: ${error.message}`; stale = true; });
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
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  const line = (points, ring) => {
    over.beginPath();
    points.forEach(([x, y], n) => (n ? over.lineTo(x, y) : over.moveTo(x, y)));
    if (ring) over.closePath();
    over.stroke();
  };
  const middle = (points) => points.reduce(
    ([x, y], [px, py]) => [x + px / points.length, y + py / points.length], [0, 0]);

  const drawOver = (frame) => {
    over.clearRect(0, 0, overlay.width, overlay.height);
    delete overlay.dataset.row;
    if (!frame || !session.face) return say(session.face ? "" : "no facial track in the store");
    const row = rowAt(frame.time);
    if (row === undefined) return say("loading the facial track");
    if (row === null) return say("this frame has no row in the facial track", true);
    overlay.dataset.row = row.time;
    const value = (name) => row.value[session.face.place[name]] ?? NaN;
    showUnits(value);
    if (!row.value[0]) return say("face lost: nothing is measured in this frame", true);
    const confidence = value("confidence");
    say(`face found${Number.isNaN(confidence) ? "" : `, confidence ${confidence.toFixed(2)}`}`);
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
    at("face").textContent = text;
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

  const draw = () => {
    const time = now();
    const frame = frames[lastBefore(frames, time + SAME_S, (one) => one.time)] ?? null;
    const here_ = time >= covered[0] - SAME_S && time <= covered[1] + SAME_S;
    if (session.video && here_ && (frame !== drawn || stale)) {
      const before = drawn;
      drawn = frame;
      if (before && before !== frame && !frames.includes(before)) before.image.close();
      if (frame) {
        paint.drawImage(frame.image, 0, 0, picture.width, picture.height);
        picture.dataset.frame = frame.time;
      } else {
        paint.clearRect(0, 0, picture.width, picture.height);
        delete picture.dataset.frame;
      }
      drawOver(frame);
      stale = false;
    }
    const late = session.video && !failed &&
      !(here_ && reaches(Math.min(time + 0.05, session.stop_s)));
    at("state").textContent = failed ||
      (session.video && here_ && !frame && covered[1] > time ? "no picture at this time" :
       late ? "loading" : "");
    hold(time, late);
    at("time").textContent = `${clock(time)} / ${clock(session.stop_s)}`;
    at("seek").value = time;
    document.body.dataset.time = time;
    showWords(time);
    tell(time);
  };
  // The sound waits where the picture does not keep up.
  const hold = (time, late) => {
    if (!playing) return;
    if (late && !waiting && time - covered[1] > LATE_S) {
      waiting = true;
      sound.pause();
    } else if (waiting && reaches(Math.min(time + CHUNK_S, session.stop_s))) {
      waiting = false;
      sound.play().catch(refused);
    }
  };
  const refused = (error) => {
    if (error.name === "AbortError") return; // paused again at once
    pause();
    failed = `sound: ${error.message}`;
  };

  const play = () => {
    if (here >= session.stop_s - SAME_S) seek(session.start_s);
    playing = true;
    waiting = false;
    at("play").textContent = "Pause";
    sound.play().catch(refused);
  };
  const pause = () => {
    here = now();
    playing = waiting = false;
    at("play").textContent = "Play";
    sound.pause();
  };
  const seek = (time) => {
    here = Math.min(Math.max(time, session.start_s), session.stop_s);
    sound.currentTime = here - session.start_s;
    stale = true;
  };
  const step = async (by) => {
    if (playing) pause();
    if (!session.video) return seek(here + 0.04 * by);
    if (by > 0) {
      const behind = (list) => list.find((frame) => frame.time > here + SAME_S);
      let next = behind(frames);
      if (!next) {
        const found = await fetchFrames(here, here + 2);
        next = behind(found);
        giveUp(found);
      }
      return seek(next ? next.time : here + 1 / session.video.rate_hz);
    }
    const shown = drawn ? drawn.time : here;
    const before = () => frames[lastBefore(frames, shown - SAME_S, (one) => one.time)];
    if (!before() && drawn) {
      const mine = asked;
      const found = await fetchFrames(shown - BEHIND_S, shown - SAME_S);
      if (mine !== asked) return giveUp(found);
      const first = frames.length ? frames[0].time : Infinity;
      frames.unshift(...found.filter((frame) => frame.time < first));
      giveUp(found.filter((frame) => frame.time >= first));
      if (found.length) covered[0] = Math.min(covered[0], found[0].time);
    }
    seek(before() ? before().time : here - 1 / session.video.rate_hz);
  };

  const keys = (event) => {
    const of = event.target;
    if (event.altKey || event.ctrlKey || event.metaKey || of.matches("select")) return;
    if (event.key === " " && of.matches("button, input[type=checkbox], summary, a")) return;
    const far = event.shiftKey ? 1 : 0;
    const doing = {
      " ": () => (playing ? pause() : play()),
      ArrowLeft: () => (far ? seek(now() - far) : step(-1)),
      ArrowRight: () => (far ? seek(now() + far) : step(1)),
      Home: () => seek(session.start_s),
      End: () => seek(session.stop_s),
    }[event.key];
    if (!doing) return;
    event.preventDefault();
    doing();
  };

  // The timeline and the tables below: the cursor follows the player, and a click is followed.
  let told = null;
  const timelines = document.querySelectorAll(".timeline");
  const tell = (time) => {
    if (told === time) return;
    told = time;
    const detail = { time_s: time, from: "player" };
    for (const one of timelines) one.dispatchEvent(new CustomEvent("depx:time", { detail }));
  };
  document.addEventListener("depx:time", ({ detail }) => {
    if (session && detail.from !== "player") seek(detail.time_s);
  });

  const begin = async () => {
    session = await (await get("session.json")).json();
    here = session.start_s < 0 ? 0 : session.start_s;
    covered = [here, here];
    at("mute").hidden = session.sound;
    at("seek").min = session.start_s;
    at("seek").max = session.stop_s;
    if (session.video) {
      const { width, height } = session.video;
      const share = Math.min(1, session.largest_px / Math.max(width, height));
      for (const canvas of [picture, overlay]) {
        canvas.width = Math.round(width * share);
        canvas.height = Math.round(height * share);
      }
    } else {
      at("stage").hidden = true;
    }
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
    for (const box of document.querySelectorAll("input[type=checkbox]")) {
      box.addEventListener("change", () => { stale = true; delete at("words").dataset.key; });
    }
    at("play").addEventListener("click", () => (playing ? pause() : play()));
    at("speed").addEventListener("change", (event) => { sound.playbackRate = event.target.value; });
    at("seek").addEventListener("input", (event) => seek(Number(event.target.value)));
    sound.addEventListener("ended", () => { pause(); here = session.stop_s; });
    sound.addEventListener("error", () => { pause(); failed = "sound: it cannot be played"; });
    document.addEventListener("keydown", keys);
    const go = () => { draw(); fill(); requestAnimationFrame(go); };
    go();
    document.body.dataset.ready = "yes";
  };
  begin().catch((error) => { at("state").textContent = error.message; });
})();
