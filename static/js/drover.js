// What every page starts: the live channel, fragments that follow it, times that tick.
import "./morph.js";
import { openChannel } from "./channel.js";
import { followHints } from "./live.js";
import { startTicking } from "./times.js";

startTicking();
followHints(openChannel(document.body.dataset.liveUrl));
