/** The hold of a run: how to log in, and the one time that the key is shown. */
import type { HoldView, RunView } from "../appliance/core/views.ts";
import { Notice, Page } from "./layout.tsx";

const keyState = (hold: HoldView): string => {
  if (!hold.installed) return "The server has not fetched the key yet.";
  return hold.keyShown ? "The key was shown once; the box has forgotten it." : "The key can be shown once.";
};

/** How to log in to a held server. */
export const Hold = ({ run, hold }: { run: RunView; hold: HoldView }) => (
  <>
    <h2>Log in to the server</h2>
    <div class="card">
      {hold.login === null ? (
        <p>No address of the server is known.</p>
      ) : (
        <p>
          <code class="block">ssh -i vetbox.key {hold.login}</code>
        </p>
      )}
      <p class="dim">
        {keyState(hold)} Fingerprint <code>{hold.fingerprint}</code>
      </p>
      {hold.keyShown ? null : (
        <a class="button plain" href={`/runs/${encodeURIComponent(run.id)}/key`}>
          Show the key
        </a>
      )}
    </div>
  </>
);

/** Asks before the key is shown. */
export const KeyQuestionPage = ({ run }: { run: RunView }) => {
  const path = `/runs/${encodeURIComponent(run.id)}`;
  return (
    <Page title="Show the key?" back={{ href: path, label: run.hostName }}>
      <Notice tone="warn">
        <p>
          <strong>It is shown once, now.</strong> The box then forgets it. Whoever has it is root on {run.hostName}{" "}
          until the hold ends.
        </p>
        <p>Have a place to save it before you go on.</p>
      </Notice>
      <form method="post" action={`${path}/key`} class="buttons">
        <a class="button plain" href={path}>
          Back
        </a>
        <button type="submit" class="primary">
          Show it now
        </button>
      </form>
    </Page>
  );
};

/** The key, once. */
export const KeyPage = ({ run, privateKey, login }: { run: RunView; privateKey: string; login: string | null }) => {
  const fileName = `vetbox-${run.id}.key`;
  return (
    <Page title="The key" back={{ href: `/runs/${encodeURIComponent(run.id)}`, label: run.hostName }}>
      <Notice tone="warn">
        <strong>Save it now.</strong> Once this page is left, the key cannot be shown again.
      </Notice>
      <div class="card">
        <p>
          <a
            class="button primary wide"
            href={`data:application/octet-stream;charset=utf-8,${encodeURIComponent(privateKey)}`}
            download={fileName}
          >
            Download the key
          </a>
        </p>
        <label for="key">Or copy the text into a file</label>
        <textarea id="key" class="code" rows={8} readonly spellcheck={false}>
          {privateKey}
        </textarea>
        <button type="button" data-copy="key" hidden>
          Copy
        </button>
      </div>
      <h2>Then</h2>
      <div class="card">
        <code class="block">chmod 600 {fileName}</code>
        <code class="block">
          ssh -i {fileName} {login ?? "root@<the server's address>"}
        </code>
      </div>
    </Page>
  );
};
