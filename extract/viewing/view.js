// The player of a session: its sound is the clock; frames, landmarks and words follow it.
//
// Frames come as JPEGs with their times, some ahead of the sound; what is laid over a frame is the
// row of the facial track at that frame's own time, never at the sound's (overlay.js).  Without a picture
// the row follows the sound; without sound the clock is a silent file of the session's length.
"use strict";
(() => {
  const AHEAD_S = 1.5, BEHIND_S = 1, CHUNK_S = 0.5; // of frames that are held
  const LATE_S = 0.3; // the sound waits for a picture that is further behind
  const SAME_S = 0.0005; // two times that are one, but for rounding

  const at = (id) => document.getElementById(id);
  const picture = at("picture"), sound = at("sound"), paint = picture.getContext("2d");
  let session; // what session.json says
  let frames = []; // [{ time, image }], sorted
  let covered = [0, 0]; // stretch of time whose frames are here
  let asked = 0; // raised when all frames are given up, so that late answers are not taken
  let busy = false, failed = "";
  let playing = false, waiting = false;
  let here = 0; // the session's time while nothing plays
  let drawn = null, stale = true;
  let laid; // what lies over the picture and beside it

  const now = () => (playing ? sound.currentTime + session.start_s : here);
  const clock = (s) => {
    const whole = Math.abs(s), minutes = Math.floor(whole / 60);
    return `${s < 0 ? "-" : ""}${minutes}:${(whole - 60 * minutes).toFixed(2).padStart(5, "0")}`;
  };
  const get = async (address, how) => {
    const answer = await fetch(address, how).catch(() => {
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
      laid.draw(frame);
      stale = false;
    } else if (!session.video && (time !== told || stale)) {
      laid.draw(null, time);
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
    laid.speak(time);
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
    if (!sound.error) failed = `sound: ${error.message}`; // else `unheard` says why
  };
  // A player is told no more than that there was an error: ask for what the server says.
  const unheard = () => {
    pause();
    get("sound.wav", { headers: { Range: "bytes=0-0" } })
      .then(() => { failed ||= "sound: it cannot be played"; })
      .catch((error) => { failed ||= `sound: ${error.message}`; });
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
    if (!session.video) return seek(here + by / (session.face?.rate_hz ?? 25));
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
    doing()?.catch((error) => { failed = `picture: ${error.message}`; });
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
    for (const one of document.querySelectorAll("[data-with]")) {
      one.hidden = (one.dataset.with === "picture") !== Boolean(session.video);
    }
    at("seek").min = session.start_s;
    at("seek").max = session.stop_s;
    if (session.video) {
      const { width, height } = session.video;
      const share = Math.min(1, session.largest_px / Math.max(width, height));
      for (const canvas of [picture, at("overlay")]) {
        canvas.width = Math.round(width * share);
        canvas.height = Math.round(height * share);
      }
    } else {
      at("stage").hidden = true;
    }
    laid = layOver(session, get, (error) => {
      failed = error ? `face: ${error.message}` : failed;
      stale = true;
    });
    for (const box of document.querySelectorAll("input[type=checkbox]")) {
      box.addEventListener("change", () => { stale = true; delete at("words").dataset.key; });
    }
    at("play").addEventListener("click", () => (playing ? pause() : play()));
    at("speed").addEventListener("change", (event) => { sound.playbackRate = event.target.value; });
    at("seek").addEventListener("input", (event) => seek(Number(event.target.value)));
    sound.addEventListener("ended", () => { pause(); here = session.stop_s; });
    sound.addEventListener("error", unheard);
    if (sound.error) unheard(); // it failed before it was listened to
    document.addEventListener("keydown", keys);
    const go = () => { draw(); fill(); requestAnimationFrame(go); };
    go();
    document.body.dataset.ready = "yes";
  };
  begin().catch((error) => { at("state").textContent = error.message; });
})();
