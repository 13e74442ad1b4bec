// Times that tick: ages by the server's clock, instants also in the reader's zone.
import { say } from "./words.js";

const SECOND = 1000;
let ahead = 0; // how far the server's clock is ahead of ours, in milliseconds

export function setServerNow(iso) {
  ahead = Date.parse(iso) - Date.now();
}

// The same words as the server's `duration_words`.
export function durationWords(ms) {
  const s = Math.max(0, Math.round(ms / SECOND));
  if (s < 60) return say("s", { count: s });
  if (s < 3600) return twoUnits(s, 60, "min", 1, "s");
  if (s < 86400) return twoUnits(s, 3600, "h", 60, "min");
  return twoUnits(s, 86400, "d", 3600, "h");
}

function twoUnits(whole, big, bigName, small, smallName) {
  const less = Math.floor((whole % big) / small);
  const more = say(bigName, { count: Math.floor(whole / big) });
  return less ? say("two", { more, less: say(smallName, { count: less }) }) : more;
}

const ageOf = (element) => durationWords(Date.now() + ahead - Date.parse(element.dateTime));

const leftOf = (element) => durationWords(Date.parse(element.dateTime) - Date.now() - ahead);

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const isUtc = ["UTC", "Etc/UTC", "GMT"].includes(zone);
const local = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", timeZoneName: "short", hourCycle: "h23" });

function tellZone(element) {
  if (isUtc || element.dataset.clock === "short" || element.dataset.told === element.dateTime) return;
  element.dataset.told = element.dateTime;
  element.textContent = `${element.textContent} (${local.format(new Date(element.dateTime))})`;
}

export function tick(root = document) {
  for (const element of root.querySelectorAll("time[data-ago]")) setText(element, say("ago", { time: ageOf(element) }));
  for (const element of root.querySelectorAll("time[data-since]")) setText(element, ageOf(element));
  for (const element of root.querySelectorAll("time[data-left]")) setText(element, say("left", { time: leftOf(element) }));
  for (const element of root.querySelectorAll("time[data-clock]")) tellZone(element);
  if (!isUtc) for (const element of root.querySelectorAll("[data-zone]")) setText(element, ` · ${zone}`);
}

// The facts' ages as the heartbeat tells them: cluster name -> time, or null where nothing is fresh.
export function setSeen(seen) {
  for (const place of document.querySelectorAll("[data-seen]")) {
    const at = seen[place.dataset.seen];
    const time = place.querySelector("time");
    if (at && time) time.dateTime = at;
  }
  const times = Object.values(seen).filter(Boolean).sort();
  setEnd("[data-facts-newest] time", times.at(-1));
  setEnd("[data-facts-oldest] time", times[0]);
}

function setEnd(selector, at) {
  const time = document.querySelector(selector);
  if (time && at) time.dateTime = at;
}

export function startTicking() {
  setServerNow(document.body.dataset.now);
  tick();
  setInterval(tick, SECOND);
  document.addEventListener("htmx:afterSwap", (event) => tick(event.detail.target));
}
