// One event stream per browser, shared by its tabs. The tab that holds the lock reads the stream and
// passes it on; hidden tabs let go. A lost stream is opened again with back-off and jitter; a person who
// is signed out is never tried again.

const NAME = "drover-live";
const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
const ASKED_AGE = 2500; // a heartbeat older than this is not passed on
const KINDS = ["hint", "beat", "reset", "silent", "bye"];

export function openChannel(url) {
  const listeners = new Set();
  const between = new BroadcastChannel(NAME);
  const tell = (message) => listeners.forEach((listener) => listener(message));
  const state = { url, last: "", over: false, release: null, asking: null, wait: FIRST_WAIT, beat: null, beatAt: -Infinity };

  between.onmessage = ({ data }) => (data.kind === "ask" ? answer() : receive(data));

  // A tab that was just opened need not wait for the next heartbeat.
  function answer() {
    if (state.release && performance.now() - state.beatAt < ASKED_AGE) between.postMessage(state.beat);
  }

  function receive(message) {
    if (message.id) state.last = message.id;
    if (message.kind === "bye") finish();
    if (!document.hidden) tell(message);
  }

  function pass(message) {
    if (message.kind === "beat") Object.assign(state, { beat: message, beatAt: performance.now() });
    between.postMessage(message);
    receive(message);
  }

  function finish() {
    state.over = true;
    letGo();
  }

  function letGo() {
    state.asking?.abort();
    state.asking = null;
    state.release?.();
    state.release = null;
  }

  function join() {
    if (state.over || document.hidden || state.asking) return;
    state.asking = new AbortController();
    between.postMessage({ kind: "ask" });
    const lead = () => new Promise((release) => { state.release = read(state, pass, release); });
    if (!navigator.locks) return void lead(); // plain http beyond this machine: a stream per tab
    navigator.locks.request(NAME, { signal: state.asking.signal }, lead).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return letGo();
    if (!state.over) tell({ kind: "shown" });
    join();
  });
  addEventListener("pagehide", letGo);
  addEventListener("pageshow", join);
  join();
  return { listen: (listener) => listeners.add(listener) };
}

// Reads the stream until the returned function is called; `release` gives the lock back.
function read(state, pass, release) {
  let source = null;
  let timer = 0;
  let closed = false;

  function open() {
    const query = state.last ? `?last=${encodeURIComponent(state.last)}` : "";
    source = new EventSource(state.url + query);
    source.onopen = () => { state.wait = FIRST_WAIT; };
    source.onerror = again;
    for (const kind of KINDS) source.addEventListener(kind, (event) => pass(messageOf(kind, event)));
  }

  async function again() {
    source.close();
    if (closed) return;
    if (await isSignedOut(state.url)) return pass({ kind: "bye", id: "", data: {} });
    const wait = state.wait * (0.5 + Math.random());
    state.wait = Math.min(state.wait * 2, LONGEST_WAIT);
    if (!closed) timer = setTimeout(open, wait);
  }

  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    source.close();
    release();
  };
}

function messageOf(kind, event) {
  return { kind, id: event.lastEventId, data: event.data ? JSON.parse(event.data) : {} };
}

// An event source cannot see the status of a refusal, so ask for it.
async function isSignedOut(url) {
  try {
    const answer = await fetch(url, { method: "HEAD", cache: "no-store" });
    return answer.status === 401 || answer.status === 403;
  } catch {
    return false;
  }
}
