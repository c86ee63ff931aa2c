/* The page's only script: numbers follow the hand, late answers are dropped, every state has an address. */
"use strict";

const byId = (id) => document.getElementById(id);
const app = () => byId("app");
let number = 0;          // of the newest question
let newest = 0;          // of the answers shown; older ones are dropped
let busy = false;        // whether an answer for the hand is on its way
let again = false;       // whether the hand has moved since
let resting = 0;         // timer: the hand rests
let gesture = false;     // whether this movement has its entry in the history already
let shownAt = location.search; // what the page shows; other ends of an address do not count
const loads = new Map(); // part → what ends its loading

/* ---------- addresses ---------- */

const parameters = () => new URLSearchParams(location.search);

function here(extra = {}) {
  const found = parameters();
  if (!found.has("model")) found.set("model", byId("model").value);
  for (const [key, value] of Object.entries(extra)) found.set(key, value);
  return "?" + found;
}

function remember(query, fresh) {
  if (query === location.search) return;
  shownAt = query;
  history[fresh ? "pushState" : "replaceState"]({}, "", "/" + query);
}

async function go(address, { push = true, body = null } = {}) {
  const mine = ++number;
  app().classList.add("waiting");
  let reply;
  try {
    reply = await fetch(address, body ? { method: "POST", body } : {});
  } catch {
    app().classList.remove("waiting");
    return say("The server does not answer; is it still running?", true);
  }
  const text = await reply.text();
  if (mine !== number) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById("app");
  if (!fresh) { app().classList.remove("waiting"); return say(text, true); }
  const focused = document.activeElement && document.activeElement.id;
  const unfolded = byId("all") && byId("all").open;
  const width = byId("numbers") ? byId("numbers").scrollTop : 0;
  stop();
  app().replaceWith(document.adoptNode(fresh));
  document.title = page.title;
  const landed = new URL(reply.url);
  const shown = landed.pathname === "/" ? landed.pathname + landed.search : address;
  if (push && !body || body && landed.pathname === "/") history.pushState({}, "", shown);
  shownAt = location.search;
  if (unfolded && byId("all")) byId("all").open = true;
  if (byId("numbers")) byId("numbers").scrollTop = width;
  if (focused && byId(focused)) byId(focused).focus({ preventScroll: true });
  begin();
}

function stop() {
  clearTimeout(resting);
  for (const end of loads.values()) end.abort();
  loads.clear();
  for (const plot of document.querySelectorAll(".plot")) if (window.Plotly) Plotly.purge(plot);
}

/* ---------- what is said ---------- */

function say(text, refused = false) {
  byId("announce").textContent = text;
  if (!refused) return;
  const verdict = byId("verdict");
  verdict.className = "refused";
  verdict.querySelector(".badge").textContent = "NO ANSWER";
  verdict.querySelector(".said").textContent = text;
}

function swap(markup) {
  const holder = document.createElement("template");
  holder.innerHTML = markup;
  const before = new Map();
  for (const row of document.querySelectorAll("[data-row]")) before.set(row.dataset.row, row.dataset.state);
  for (const fresh of [...holder.content.children]) {
    const old = fresh.id && byId(fresh.id);
    if (!old) continue;
    if (fresh.id === "verdict") {
      old.className = fresh.className;
      for (const part of [".badge", ".said"]) old.querySelector(part).innerHTML = fresh.querySelector(part).innerHTML;
    } else old.replaceWith(fresh);
  }
  for (const row of document.querySelectorAll("[data-row]")) {
    if (before.has(row.dataset.row) && before.get(row.dataset.row) !== row.dataset.state) {
      row.classList.add("changed");
      setTimeout(() => row.classList.remove("changed"), 1200);
    }
  }
  const values = holder.content.querySelector("#values");
  if (values) for (const one of values.children) show(one.dataset.name, Number(one.value), false);
}

/* ---------- sliders ---------- */

const slider = (name) => byId("p-" + name);

function show(name, value, mine) {
  const range = slider(name), field = byId("v-" + name);
  if (!range || (!mine && "moving" in range.dataset)) return;
  if (Math.abs(Number(range.value) - value) > 1e-12 * Math.abs(value)) range.value = value;
  if (document.activeElement !== field || mine) field.value = short(value);
  range.setAttribute("aria-valuetext", short(value) + " " + (range.closest(".slider").querySelector(".unit") || range).textContent);
}

const short = (value) => String(Number(value.toPrecision(6)));

function rounded(range, value) {
  const grain = Number(range.dataset.grain), low = Number(range.min), high = Number(range.max);
  return Number(Math.min(high, Math.max(low, Math.round(value / grain) * grain)).toPrecision(9));
}

function move(range, value) {
  const name = range.closest(".slider").dataset.name;
  range.dataset.moving = "";
  range.closest(".slider").dataset.given = "";
  show(name, value, true);
  remember(here({ ["p." + name]: short(value) }), !gesture);
  gesture = true;
  follow();
}

function follow() {
  number += 1;
  app().classList.add("waiting");
  clearTimeout(resting);
  resting = setTimeout(rest, 220);
  if (busy) again = true; else ask();
}

async function ask() {
  busy = true;
  again = false;
  const mine = number;
  try {
    const reply = await fetch("/live" + here({ n: mine }));
    const text = await reply.text();
    if (mine > newest) {
      newest = mine;
      if (reply.ok) swap(text); else say(text, true);
    }
  } catch {
    say("The server does not answer; is it still running?", true);
  }
  busy = false;
  if (again) ask(); else follows();
}

function follows() {
  for (const part of document.querySelectorAll("[data-part][data-live]")) load(part);
}

function rest() {
  gesture = false;
  for (const range of document.querySelectorAll("[data-moving]")) delete range.dataset.moving;
  if (busy) { resting = setTimeout(rest, 60); return; }
  app().classList.remove("waiting");
  byId("announce").textContent = byId("verdict").querySelector(".badge").textContent + ". " + byId("verdict").querySelector(".said").textContent;
  const reset = byId("reset"), bare = parameters();
  for (const key of [...bare.keys()]) if (key.startsWith("p.")) bare.delete(key);
  if (!bare.has("model")) bare.set("model", byId("model").value);
  reset.href = "/?" + bare;
  retarget();
  load(marks);
  for (const part of document.querySelectorAll("[data-part]:not([data-live])")) load(part);
}

/* Links in the page keep the numbers of the address. */
function retarget() {
  const given = [...parameters()].filter(([key]) => key.startsWith("p."));
  for (const link of document.querySelectorAll('#app a[href^="/"]')) {
    if (link.id === "reset") continue;
    const url = new URL(link.href);
    for (const key of [...url.searchParams.keys()]) if (key.startsWith("p.")) url.searchParams.delete(key);
    for (const [key, value] of given) url.searchParams.set(key, value);
    link.href = url.pathname + url.search;
  }
}

const STEPS = { ArrowRight: 2, ArrowUp: 2, ArrowLeft: -2, ArrowDown: -2, PageUp: 20, PageDown: -20 };

function keyed(event) {
  const range = event.target;
  if (event.key === "Home" || event.key === "End") {
    event.preventDefault();
    return move(range, Number(event.key === "Home" ? range.min : range.max));
  }
  const steps = STEPS[event.key];
  if (!steps || event.altKey || event.ctrlKey || event.metaKey) return undefined;
  event.preventDefault();
  const by = Number(range.dataset.grain) * (event.shiftKey ? steps / 2 : steps);
  return move(range, rounded(range, Number(range.value) + by));
}

/* ---------- parts that take longer ---------- */

const marks = { dataset: { part: "marks" }, marks: true };

async function load(part) {
  const name = part.dataset.part;
  const folded = !part.marks && part.closest("details:not([open])");
  if (folded) { part.dataset.stale = ""; return; }
  const key = part.marks ? "marks" : part;
  if (loads.has(key)) loads.get(key).abort();
  const end = new AbortController();
  loads.set(key, end);
  let bar = null;
  const slow = setTimeout(() => {
    if (part.marks || part.dataset.live !== undefined) return;
    bar = document.createElement("progress");
    bar.className = "wait";
    bar.setAttribute("aria-label", "working");
    part.prepend(bar);
  }, 150);
  try {
    const focus = document.activeElement && document.activeElement.closest && document.activeElement.closest(".slider");
    const extra = part.marks && focus ? { x: focus.dataset.name } : {};
    const reply = await fetch("/part/" + name + here(extra), { signal: end.signal });
    const text = await reply.text();
    if (loads.get(key) !== end) return;
    if (part.marks) { if (reply.ok) swap(text); }
    else if (part.dataset.live === undefined || (reply.ok && !text.startsWith('<p class="refusal"'))) {
      part.innerHTML = reply.headers.get("content-type").startsWith("text/html") ? text : "<p class=refusal></p>";
      if (!reply.headers.get("content-type").startsWith("text/html")) part.firstChild.textContent = text;
      part.removeAttribute("data-stale");
      draw(part);
    }
  } catch (error) {
    if (error.name !== "AbortError") part.textContent = "The server does not answer; is it still running?";
  } finally {
    clearTimeout(slow);
    if (bar) bar.remove();
    if (loads.get(key) === end) loads.delete(key);
  }
}

/* ---------- figures ---------- */

function colours() {
  const look = getComputedStyle(document.documentElement), found = {};
  for (const name of ["paper", "ink", "quiet", "line", "blue", "sky", "mist", "pale", "orange", "yellow"]) {
    found["@" + name] = look.getPropertyValue("--" + name).trim();
  }
  return found;
}

function painted(thing, paint) {
  if (typeof thing === "string") return paint[thing] || thing;
  if (Array.isArray(thing)) return thing.map((one) => painted(one, paint));
  if (thing && typeof thing === "object") {
    return Object.fromEntries(Object.entries(thing).map(([key, one]) => [key, painted(one, paint)]));
  }
  return thing;
}

function draw(root = document) {
  if (!window.Plotly) return;
  const paint = colours();
  for (const plot of root.querySelectorAll("[data-figure]")) {
    const figure = painted(JSON.parse(plot.dataset.figure), paint);
    const layout = {
      ...figure.layout, autosize: true, paper_bgcolor: paint["@paper"], plot_bgcolor: paint["@paper"],
      font: { color: paint["@ink"], size: 12, family: "system-ui, 'DejaVu Sans', sans-serif" },
      hoverlabel: { bgcolor: paint["@paper"], bordercolor: paint["@ink"], font: { color: paint["@ink"] } },
    };
    for (const axis of ["xaxis", "yaxis"]) {
      layout[axis] = { gridcolor: paint["@pale"], linecolor: paint["@quiet"], tickcolor: paint["@quiet"], automargin: true, ...layout[axis] };
    }
    Plotly.react(plot, figure.data, layout, { displayModeBar: false, responsive: true });
    if (figure.goes && !plot.dataset.listens) {
      plot.dataset.listens = "";
      plot.on("plotly_click", (event) => goTo(figure.goes, event.points[0]));
    }
  }
}

function goTo(names, point) {
  const ranges = names.map(slider);
  const values = [point.x, point.y].map((value, k) => rounded(ranges[k], value));
  const extra = {};
  names.forEach((name, k) => {
    ranges[k].dataset.moving = "";
    show(name, values[k], true);
    extra["p." + name] = short(values[k]);
  });
  remember(here(extra), true);
  follow();
}

/* ---------- the editor ---------- */

let checking = 0;

function edited() {
  numberLines();
  clearTimeout(checking);
  checking = setTimeout(async () => {
    const text = byId("text");
    if (!text) return;
    const asked = text.value;
    const reply = await fetch("/check", { method: "POST", body: asked, headers: { "Content-Type": "text/plain" } });
    if (byId("text") !== text || text.value !== asked) return;
    if (reply.ok) swap(await reply.text()); else byId("problems").textContent = await reply.text();
    numberLines();
  }, 300);
}

function numberLines() {
  const text = byId("text"), gutter = byId("gutter"), notes = byId("notes");
  if (!text) return;
  const wrong = new Map();
  for (const item of document.querySelectorAll("#problems li")) {
    const line = Number(item.dataset.line);
    if (!wrong.has(line)) wrong.set(line, item.querySelector(".message").textContent);
  }
  const count = text.value.split("\n").length;
  gutter.replaceChildren(...Array.from({ length: count }, (_, k) => {
    const line = document.createElement("span");
    line.textContent = k + 1;
    if (wrong.has(k + 1)) line.className = "wrong";
    return line;
  }));
  notes.replaceChildren(...[...wrong].map(([line, message]) => {
    const note = document.createElement("div");
    note.textContent = message;
    note.dataset.line = line;
    return note;
  }));
  scrolled();
}

function scrolled() {
  const text = byId("text");
  byId("gutter").scrollTop = text.scrollTop;
  for (const note of byId("notes").children) note.style.top = 6 + 18 * (Number(note.dataset.line) - 1) - text.scrollTop + "px";
}

function jump(line, column) {
  const text = byId("text"), lines = text.value.split("\n");
  const at = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  text.focus();
  text.setSelectionRange(at, at);
  text.scrollTop = Math.max(0, 18 * (line - 6));
}

/* ---------- reports ---------- */

async function makeReport(link) {
  const bar = byId("report-progress"), said = byId("report-said");
  bar.hidden = false;
  said.textContent = "Working: this takes some seconds.";
  try {
    const reply = await fetch(link.href);
    if (!reply.ok) throw new Error(await reply.text());
    const name = /filename="([^"]+)"/.exec(reply.headers.get("content-disposition"))[1];
    const held = document.createElement("a");
    held.href = URL.createObjectURL(await reply.blob());
    held.download = name;
    held.click();
    setTimeout(() => URL.revokeObjectURL(held.href), 10000);
    said.textContent = name + " is downloaded.";
  } catch (error) {
    said.textContent = error.message;
  }
  bar.hidden = true;
}

/* ---------- one listener for everything ---------- */

document.addEventListener("input", (event) => {
  if (event.target.type === "range") move(event.target, rounded(event.target, Number(event.target.value)));
  else if (event.target.id === "text") edited();
});

document.addEventListener("keydown", (event) => { if (event.target.type === "range") keyed(event); });

document.addEventListener("change", (event) => {
  const at = event.target;
  if (at.classList.contains("value")) {
    const range = slider(at.closest(".slider").dataset.name);
    if (at.value !== "" && Number.isFinite(Number(at.value))) move(range, Number(at.value));
    else show(at.closest(".slider").dataset.name, Number(range.value), true);
  } else if (at.id === "model") go("/?model=" + encodeURIComponent(at.value) + (parameters().get("tab") ? "&tab=" + fitting() : ""));
  else if (at.closest("[data-choices]")) choose(at.closest("[data-choices]"));
});

/* Not every model has these tabs. */
const fitting = () => { const tab = parameters().get("tab"); return ["file", "report"].includes(tab) ? tab : "answer"; };

function choose(form) {
  const found = parameters();
  if (!found.has("model")) found.set("model", byId("model").value);
  found.set("tab", app().dataset.tab);
  for (const [key, value] of new FormData(form)) { if (value === "") found.delete(key); else found.set(key, value); }
  if (app().dataset.tab === "play") found.delete("moves");
  if (found.get("against") === "yourself") found.delete("who");
  go("/?" + found);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "file") {
    event.preventDefault();
    go("/text", { body: new URLSearchParams({ text: byId("text").value }) });
  } else if (form.dataset.choices !== undefined) { event.preventDefault(); choose(form); }
  else if (form.dataset.both !== undefined) {
    event.preventDefault();
    const data = new FormData(form), found = parameters();
    found.set("moves", [data.get("base"), data.get("move0") + "/" + data.get("move1")].filter(Boolean).join(","));
    go("/?" + found);
  } else if (form.id === "numbers" || form.id === "models") event.preventDefault();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a, button");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (link.id === "copy") {
    const text = location.origin + "/" + here();
    navigator.clipboard.writeText(text).then(() => { link.textContent = "Copied"; say("The link is copied."); setTimeout(() => { link.textContent = "Copy link"; }, 1500); }, () => window.prompt("Copy this link:", text));
  } else if (link.id === "undo") { event.preventDefault(); history.back(); }
  else if (link.id === "make-report") { event.preventDefault(); makeReport(link); }
  else if (link.classList.contains("jump")) {
    event.preventDefault();
    const item = link.closest("li");
    jump(Number(item.dataset.line), Number(item.dataset.col));
  } else if (link.tagName === "A" && link.pathname === "/" && !link.hasAttribute("download") && link.origin === location.origin && !link.hash) {
    event.preventDefault();
    go(link.pathname + link.search);
  }
});

document.addEventListener("toggle", (event) => {
  if (event.target.tagName === "DETAILS" && event.target.open) {
    for (const part of event.target.querySelectorAll("[data-part]")) if (!part.hasChildNodes() || "stale" in part.dataset) load(part);
  }
}, true);

document.addEventListener("scroll", (event) => { if (event.target.id === "text") scrolled(); }, true);
document.addEventListener("focusin", (event) => {
  if (event.target.type === "range" && !byId("t-" + event.target.closest(".slider").dataset.name).textContent) load(marks);
});
window.addEventListener("popstate", () => {
  if (location.search !== shownAt) go(location.pathname + location.search, { push: false });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());

function begin() {
  draw();
  if (byId("text")) numberLines();
  load(marks);
  for (const part of document.querySelectorAll("[data-part]")) load(part);
}

document.documentElement.classList.add("scripted");
addEventListener("DOMContentLoaded", begin);
