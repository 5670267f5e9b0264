/**
 * Keeps a page right while it is open: hears of changes over the event stream, has htmx fetch the parts that differ, follows the log, and says when
 * the connection is lost. After each connection everything is fetched anew, so nothing that was missed stays missed.
 *
 * Runs in the browser. It shows nothing of its own but the connection's state.
 */

interface Change {
  readonly kind: "run" | "log" | "host" | "sighting" | "box" | "reset";
  readonly hostId: string | null;
  readonly runId: string | null;
}

/** What is used of htmx 4. */
declare const htmx: {
  trigger(element: Element, event: string): void;
  ajax(verb: string, path: string, options: { source: Element; target: Element; swap: string }): Promise<void>;
};

/** A run that logs and beats gives many changes a second; a person reads one. */
const MIN_GAP_MS = 700;
/** "waited 3 m of 15 m" and "heard 8 s ago" grow without any change; this also notices a connection that died silently. */
const CLOCK_MS = 10_000;
/** A stream that is only being renewed is no news. */
const LOST_AFTER_MS = 1500;
const AGAIN_MS = 3000;
const RETRY_MS = 3000;
/** Within so many pixels of its end, a log is being followed. */
const AT_END_PX = 24;

const byId = (id: string): HTMLElement | null => document.getElementById(id);
const stream = byId("live");
const refresher = byId("refresh");

/** Connection lost, and again. */
const link = byId("link");
let lostTimer: number | undefined;
let hideTimer: number | undefined;

const lost = (): void => {
  lostTimer ??= window.setTimeout(() => {
    if (link === null) return;
    window.clearTimeout(hideTimer);
    link.textContent = "Connection lost. What you see may be old.";
    link.className = "link-state lost";
    link.hidden = false;
  }, LOST_AFTER_MS);
};

const connected = (): void => {
  window.clearTimeout(lostTimer);
  lostTimer = undefined;
  if (link === null || !link.classList.contains("lost")) return;
  link.textContent = "Connected again.";
  link.className = "link-state again";
  hideTimer = window.setTimeout(() => {
    link.hidden = true;
  }, AGAIN_MS);
};

/** Fetching the parts that differ. */
let lastRefreshMs = 0;
let refreshTimer: number | undefined;

const refresh = (): void => {
  if (refresher === null || refreshTimer !== undefined) return;
  const waitMs = Math.max(0, lastRefreshMs + MIN_GAP_MS - Date.now());
  refreshTimer = window.setTimeout(() => {
    refreshTimer = undefined;
    lastRefreshMs = Date.now();
    htmx.trigger(refresher, "refresh");
  }, waitMs);
};

const tags = (): string =>
  [...document.querySelectorAll<HTMLElement>("[data-part]")]
    .map((part) => `${part.dataset["part"]}=${part.dataset["tag"]}`)
    .join(",");

/** The log: new lines at its end, at most so many, standing still while a person reads further up. */
const logBox = byId("log-box");
const logLines = byId("log-lines");
const logResume = byId("log-resume");
let logBusy = false;
let logAgain = false;
/** Told by scrolling alone: lines that are added do not scroll, so they cannot end the following. */
let following = true;

const atEnd = (): boolean =>
  logBox !== null && logBox.scrollHeight - logBox.scrollTop - logBox.clientHeight <= AT_END_PX;

const trimLog = (keep: number): void => {
  while (logLines !== null && logLines.children.length > keep) logLines.firstElementChild?.remove();
};

const fetchLines = async (lines: HTMLElement): Promise<void> => {
  const last = [...lines.querySelectorAll<HTMLElement>("[data-id]")].at(-1)?.dataset["id"] ?? "0";
  const query = new URLSearchParams({ after: last });
  if (lines.dataset["stage"]) query.set("stage", lines.dataset["stage"]);
  const before = lines.children.length;
  await htmx.ajax("GET", `${lines.dataset["linesPath"]}?${query}`, { source: lines, target: lines, swap: "beforeend" });
  const keep = Number(lines.dataset["keep"]);
  logAgain ||= lines.children.length - before >= keep; // a full page: there may be more
  trimLog(keep);
};

const followLog = async (): Promise<void> => {
  if (logBox === null || logLines === null) return;
  if (!following) {
    if (logResume !== null) logResume.hidden = false;
    return;
  }
  logAgain = logBusy;
  if (logBusy) return;
  logBusy = true;
  do {
    logAgain = false;
    await fetchLines(logLines);
    if (following) logBox.scrollTop = logBox.scrollHeight;
    await new Promise((resolve) => window.setTimeout(resolve, MIN_GAP_MS));
  } while (logAgain);
  logBusy = false;
};

/** Whether a change concerns this page. The start page shows every run. */
const concerns = (change: Change): boolean => {
  const { host, run } = refresher?.dataset ?? {};
  if (change.kind === "reset") return true;
  if (run) return change.runId === run || (change.runId === null && change.hostId === host);
  return host ? change.hostId === host : change.kind !== "log";
};

const heard = (change: Change): void => {
  if (!concerns(change)) return;
  if (change.kind === "log" || change.kind === "reset") void followLog();
  if (change.kind !== "log") refresh();
};

const everything = (): void => {
  connected();
  refresh();
  void followLog();
};

const listen = (live: HTMLElement): void => {
  live.addEventListener("htmx:sse:before:message", (event) => {
    event.preventDefault(); // messages are notices of changes, nothing to show
    const { data } = (event as CustomEvent<{ message: { data: string } }>).detail.message;
    if (data !== "") heard(JSON.parse(data) as Change);
  });
  live.addEventListener("htmx:sse:after:connection", everything);
  live.addEventListener("htmx:sse:before:connection", (event) => {
    if ((event as CustomEvent<{ connection: { attempt: number } }>).detail.connection.attempt > 0) lost();
  });
  live.addEventListener("htmx:sse:error", lost);
  const again = () => {
    lost();
    window.setTimeout(() => htmx.trigger(live, "again"), RETRY_MS);
  };
  live.addEventListener("htmx:error", again); // the first connection failed: the extension only renews one that was there
  live.addEventListener("htmx:response:error", again);
};

if (stream !== null && refresher !== null) {
  listen(stream);
  refresher.addEventListener("htmx:config:request", (event) => {
    const { ctx } = (event as CustomEvent<{ ctx: { request: { headers: Record<string, string> } } }>).detail;
    ctx.request.headers["X-Part-Tags"] = tags();
  });
  refresher.addEventListener("htmx:after:request", connected);
  refresher.addEventListener("htmx:error", lost);
  window.addEventListener("offline", lost);
  window.addEventListener("online", refresh);
  window.setInterval(() => {
    if (!document.hidden) refresh();
  }, CLOCK_MS);
}

if (logBox !== null) {
  logBox.scrollTop = logBox.scrollHeight;
  const resume = () => {
    following = true;
    logBox.scrollTop = logBox.scrollHeight;
    if (logResume !== null) logResume.hidden = true;
    void followLog();
  };
  logResume?.addEventListener("click", resume);
  logBox.addEventListener("scroll", () => {
    following = atEnd();
    if (following && logResume?.hidden === false) resume();
  });
}

/** Copying is offered only where the browser allows it. */
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = byId(button.dataset["copy"] ?? "");
    await navigator.clipboard.writeText(source instanceof HTMLTextAreaElement ? source.value : "");
    button.textContent = "Copied";
  });
}

export {};
