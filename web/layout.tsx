/** The frame of every page: head, header, footer, and the hooks by which it is kept up to date. */
import type { Child, PropsWithChildren } from "hono/jsx";
import type { Word } from "../appliance/core/words.ts";
import { assetPath } from "./assets.ts";
import { BackIcon, ToneIcon } from "./icons.tsx";

/** What a page is kept up to date by: where its changed parts come from, and whose changes concern it. */
export interface Live {
  readonly partsPath: string;
  readonly hostId?: string;
  readonly runId?: string;
}

interface PageProps {
  readonly title: string;
  /** Beside the back arrow; the start page has none. */
  readonly back?: { readonly href: string; readonly label: string };
  readonly live?: Live;
  /** What only this page runs. */
  readonly script?: "panel.js";
}

/** htmx evaluates nothing, adds no style of its own, leaves history alone, and keeps what a person opened open. */
const HTMX_CONFIG = JSON.stringify({
  includeIndicatorCSS: false,
  history: false,
  extensions: "sse",
  morphIgnore: ["data-htmx-powered", "open"],
  defaultTimeout: 10_000,
});

const LiveHooks = ({ live }: { live: Live }) => (
  <>
    <div id="live" hidden hx-sse:connect="/api/v1/live" hx-trigger="load, again" hx-swap="none" />
    <div
      id="refresh"
      hidden
      hx-get={live.partsPath}
      hx-trigger="refresh"
      hx-swap="none"
      hx-sync="this:queue last"
      data-host={live.hostId ?? ""}
      data-run={live.runId ?? ""}
    />
    <noscript>
      <p class="notice">Live updates need scripts. Load the page again to see what is new.</p>
    </noscript>
  </>
);

const Head = ({ title, live, script }: { title: string; live: boolean; script: "panel.js" | undefined }) => (
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="same-origin" />
    <meta name="htmx-config" content={HTMX_CONFIG} />
    <title>{title} · Vetbox</title>
    <link rel="icon" href={assetPath("icon.svg")} type="image/svg+xml" />
    <link rel="stylesheet" href={assetPath("style.css")} />
    {live ? <script defer src={assetPath("htmx.js")} /> : null}
    {live ? <script defer src={assetPath("hx-sse.js")} /> : null}
    <script type="module" src={assetPath("live.js")} />
    {script === undefined ? null : <script type="module" src={assetPath(script)} />}
  </head>
);

/** A whole page. */
export const Page = ({ title, back, live, script, children }: PropsWithChildren<PageProps>) => (
  <html lang="en">
    <Head title={title} live={live !== undefined} script={script} />
    <body>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        {back === undefined ? null : (
          <a class="back" href={back.href}>
            <BackIcon />
            {back.label}
          </a>
        )}
        <h1>{title}</h1>
      </header>
      {live === undefined ? null : <LiveHooks live={live} />}
      <p id="link" class="link-state" role="status" hidden />
      <main id="main">{children}</main>
      <footer>No login yet: this page is reachable from this box only.</footer>
    </body>
  </html>
);

/** A word with its icon and colour. */
export const Badge = ({ word }: { word: Word }) => (
  <span class={`badge ${word.tone}`}>
    <ToneIcon tone={word.tone} />
    {word.text}
  </span>
);

/** A message over a page: what was refused, or what to mind. */
export const Notice = ({ tone, children }: { tone: "bad" | "warn" | "idle"; children?: Child }) => (
  <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "note"}>
    <ToneIcon tone={tone} />
    <div>{children}</div>
  </div>
);

/** A titled part of a page. */
export const Card = ({ title, children }: { title: string; children?: Child }) => (
  <>
    <h2>{title}</h2>
    <div class="card">{children}</div>
  </>
);

/** A page that says what was refused, with the way back. */
export const RefusalPage = ({ detail, back }: { detail: string; back: { href: string; label: string } }) => (
  <Page title="That did not work" back={back}>
    <Notice tone="bad">{detail}</Notice>
    <p>
      <a class="button" href={back.href}>
        Back
      </a>
    </p>
  </Page>
);
