import { describe, expect, test } from "bun:test";
import { accept, refuse } from "../core/answer.ts";
import type { PanelButton, PanelPicture, PanelPort } from "../core/panel-port.ts";
import type { OperatorDesk, ReadModel } from "../core/ports.ts";
import { createFeed, fakeDesk, fakeEdge, fakeLog } from "./fake-desk.ts";
import { createOperatorApp } from "./operator-app.ts";

const frame = new Uint8Array(1024).fill(0x81);
const PICTURE: PanelPicture = { frame, brightness: "dim", revision: 7 };

const openApp = (over: Partial<PanelPort> = {}) => {
  const held: (readonly [PanelButton, boolean])[] = [];
  const armed: (readonly [string, string])[] = [];
  const feed = createFeed<PanelPicture>();
  const panel: PanelPort = {
    ...{ isAttended: true, picture: PICTURE, pictures: (signal: AbortSignal) => feed.read(signal) },
    arm: async (runId, by) => {
      armed.push([runId, by]);
      return accept(true);
    },
    hold: (button, down) => void held.push([button, down]),
    ...over,
  };
  const run = async (ref: string) => (ref === "r1" ? ({ id: "r1" } as never) : null);
  const app = createOperatorApp({
    ...{
      desk: fakeDesk<OperatorDesk>("desk", {}),
      reads: fakeDesk<ReadModel>("reads", { run }),
      log: fakeLog().log,
      panel,
    },
  });
  const ask = (path: string, body?: string) =>
    app.request(
      `http://localhost/api/v1${path}`,
      body === undefined ? {} : { method: "POST", body, headers: { "content-type": "application/json" } },
      fakeEdge("127.0.0.1"),
    );
  return { app, ask, held, armed, feed };
};

describe("addPanelRoutes", () => {
  test("tells the picture", async () => {
    const answer = await openApp().ask("/panel");
    expect(await answer.json()).toEqual({ ...PICTURE, frame: Buffer.from(frame).toString("base64"), isAttended: true });
  });

  test("streams pictures as events, numbered by their revision", async () => {
    const { ask, feed } = openApp();
    feed.push(PICTURE);
    const reader = (await ask("/panel/live")).body?.getReader();
    const decoder = new TextDecoder();
    let text = "";
    while (!text.includes("data:")) text += decoder.decode((await reader?.read())?.value);
    expect(text).toContain('id: 7\nevent: picture\ndata: {"brightness":"dim","revision":7,');
    await reader?.cancel();
    await feed.unread();
  });

  test("holds and lets go of the simulator's buttons, and of no other", async () => {
    const { ask, held } = openApp();
    expect((await ask("/panel/buttons/next", '{"down":true}')).status).toBe(200);
    expect((await ask("/panel/buttons/next", '{"down":false}')).status).toBe(200);
    expect((await ask("/panel/buttons/reset", '{"down":true}')).status).toBe(422);
    expect((await ask("/panel/buttons/next", '{"down":1}')).status).toBe(422);
    expect(held).toEqual([
      ["next", true],
      ["next", false],
    ]);
  });

  test("refuses to press real buttons", async () => {
    const answer = await openApp({ hold: null }).ask("/panel/buttons/abort", '{"down":true}');
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: "out-of-turn" }]);
  });

  test("arms a run for who asked, and tells why not", async () => {
    const { ask, armed } = openApp();
    expect((await ask("/runs/r1/arm-panel", "{}")).status).toBe(200);
    expect((await ask("/runs/r2/arm-panel", "{}")).status).toBe(404);
    expect(armed).toEqual([["r1", "operator@127.0.0.1"]]);
    const unattended = openApp({ arm: async () => refuse("not-ready", "No display.") });
    expect((await unattended.ask("/runs/r1/arm-panel", "{}")).status).toBe(503);
  });

  test("adds nothing where the box has no panel", async () => {
    const app = createOperatorApp({
      ...{ desk: fakeDesk<OperatorDesk>("desk", {}), reads: fakeDesk<ReadModel>("reads", {}), log: fakeLog().log },
    });
    expect((await app.request("http://localhost/api/v1/panel", {}, fakeEdge())).status).toBe(404);
  });
});
