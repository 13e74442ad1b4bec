// What every page starts: the live channel, fragments that follow it, times that tick.
import "./morph.js";
import { openChannel } from "./channel.js";
import { followHints } from "./live.js";
import { startSeeking } from "./seek.js";
import { startTicking } from "./times.js";

const PASSING = 10000; // how long "it is done" stays: the page itself shows what has become of it

setTimeout(() => document.querySelectorAll("[data-passing]").forEach((note) => note.remove()), PASSING);
startTicking();
startSeeking();
followHints(openChannel(document.body.dataset.liveUrl));
