// Fragments follow the hints, and the page says how fresh it is.
//
// An element with `data-live="run:5 line"` is fetched again by its own `hx-get` when a hint names one of
// its topics (`*`: any), and every LOOK_AGAIN for as long as it holds a `data-look-again`: that part goes by facts of
// the whole fleet, and a look for each hint of them would be more. A page that has heard nothing for STALE_AFTER says so, all over.
import { durationWords, setSeen, setServerNow, tick } from "./times.js";
import { say } from "./words.js";

const STALE_AFTER = 4000; // two heartbeats
const LEAST_PAUSE = 250; // between two fetches of one fragment
const LOOK = 250;
const LOOK_AGAIN = 10000;

const chip = document.querySelector("[data-channel-chip]");
const note = document.querySelector("[data-channel-note]");

let heard = performance.now(); // when the channel last proved that it works
let begun = false; // something was heard since the page was opened or shown
let silent = false; // the server says that it hears nothing itself
let over = false;
let failing = false; // a fragment could not be fetched

export function followHints(channel) {
  channel.listen((message) => actions[message.kind]?.(message.data ?? {}));
  setInterval(showChannel, LOOK);
  setInterval(lookAgain, LOOK_AGAIN);
  document.addEventListener("htmx:beforeSwap", guardSwap);
  document.addEventListener("htmx:afterSwap", () => { failing = false; });
  for (const bad of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(bad, onFailure);
  }
}

const actions = {
  hint(data) {
    touch();
    for (const element of liveElements()) if (concerns(element, data.topics ?? [])) refresh(element);
  },
  beat(data) {
    touch();
    if (data.now) setServerNow(data.now);
    if (data.seen) setSeen(data.seen);
    tick();
  },
  reset() {
    for (const element of liveElements()) refresh(element);
  },
  shown() {
    heard = performance.now();
    begun = false;
    actions.reset();
  },
  silent() {
    silent = true;
    showChannel();
  },
  bye() {
    over = true;
    showChannel();
  },
};

function touch() {
  heard = performance.now();
  begun = true;
  silent = false;
  showChannel();
}

const liveElements = () => document.querySelectorAll("[data-live]");

function lookAgain() {
  if (document.hidden || over) return;
  for (const element of liveElements()) if (element.querySelector("[data-look-again]")) refresh(element);
}

function concerns(element, topics) {
  const wanted = element.dataset.live.split(" ");
  return wanted.includes("*") || topics.some((topic) => wanted.includes(topic));
}

// At most one fetch at a time for an element; what comes meanwhile is one more fetch afterwards.
const plans = new WeakMap();

function refresh(element) {
  const plan = plans.get(element) ?? { busy: false, again: false, last: -Infinity };
  plans.set(element, plan);
  if (plan.busy) {
    plan.again = true;
    return;
  }
  plan.busy = true;
  const wait = Math.max(0, plan.last + LEAST_PAUSE - performance.now());
  setTimeout(() => fetchOnce(element, plan), wait);
}

function fetchOnce(element, plan) {
  plan.last = performance.now();
  plan.again = false;
  const done = () => {
    plan.busy = false;
    if (plan.again && element.isConnected && !over) refresh(element);
  };
  element.addEventListener("htmx:afterRequest", done, { once: true });
  htmx.trigger(element, "live");
}

// The login page must never land inside another page.
function guardSwap(event) {
  const { xhr, pathInfo } = event.detail;
  const came = new URL(xhr.responseURL || location.href).pathname;
  if (xhr.status === 200 && came === new URL(pathInfo.requestPath, location.href).pathname) return;
  event.detail.shouldSwap = false;
  if (xhr.status === 200) actions.bye();
}

function onFailure(event) {
  failing = true;
  showChannel();
  const element = event.detail.elt;
  if (!over && element?.isConnected) setTimeout(() => refresh(element), 1500 + 1500 * Math.random());
}

function showChannel() {
  const quiet = performance.now() - heard;
  const stale = silent || failing || quiet > STALE_AFTER;
  const state = over ? "out" : stale ? "stale" : begun ? "live" : "opening";
  document.body.dataset.channel = state;
  document.body.toggleAttribute("data-stale", state === "stale" || state === "out");
  show[state](durationWords(quiet));
}

const show = {
  opening: () => setChip("idle", say("opening"), ""),
  live: (age) => setChip("good", say("live", { age }), ""),
  stale: (age) => setChip("wait", say("stale", { age }), say("stale-note", { age })),
  out: () => setChip("bad", say("out"), say("out-note")),
};

function setChip(tone, words, warning) {
  if (chip.textContent !== words) chip.textContent = words;
  chip.className = `chip ${tone} live`;
  note.hidden = !warning;
  if (note.textContent !== warning) note.textContent = warning;
  if (over && !note.querySelector("a")) note.append(" ", loginLink());
}

function loginLink() {
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = say("login");
  return link;
}
