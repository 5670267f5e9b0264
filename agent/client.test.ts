import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import * as v from "valibot";
import { decodeReply, isUnacceptable, openClient, type Refused } from "./client.ts";
import { FAKE } from "./fakes/box.ts";
import { fakeSystem } from "./fakes/system.ts";
import type { Fetch } from "./pinned-fetch.ts";

const Answer = v.object({ ackedSeq: v.number() });
const problem = (status: number, code?: string) =>
  decodeReply(status, JSON.stringify({ type: "x", title: "t", status, detail: "d", code }), Answer);
const refused = (status: number, code: string): Refused => ({ kind: "refused", status, code, detail: "" });

describe("decodeReply", () => {
  test("an answer is decoded", () => {
    expect(decodeReply(200, '{"ackedSeq":3}', Answer)).toEqual({ kind: "answer", value: { ackedSeq: 3 } });
  });

  test("a problem below 500 is a refusal with its code", () => {
    expect(problem(401, "token-invalid")).toEqual({ kind: "refused", status: 401, code: "token-invalid", detail: "d" });
  });

  for (const [status, code] of [
    [500, "internal"],
    [503, "not-ready"],
    [503, "disk-full"],
    [429, "rate-limited"],
    [422, "digest-mismatch"],
    [400, "interrupted"],
    [429, undefined],
  ] as const)
    test(`a problem that time heals is later: ${status} ${code}`, () => {
      expect(problem(status, code)).toMatchObject({ kind: "later", away: false });
    });

  test("what makes no sense is later: a proxy's page, a cut answer, wrong fields, a redirect", () => {
    expect(decodeReply(404, "<html>", Answer).kind).toBe("later");
    expect(decodeReply(200, '{"ackedSe', Answer).kind).toBe("later");
    expect(decodeReply(200, "{}", Answer).kind).toBe("later");
    expect(problem(302, "moved").kind).toBe("later");
  });

  test("property: whatever comes back, it is one of the three", () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, text) => {
        expect(["answer", "refused", "later"]).toContain(decodeReply(status, text, Answer).kind);
      }),
    );
  });
});

describe("isUnacceptable", () => {
  test("is about the message alone: a token, a run that is not known or a code that is used may heal", () => {
    for (const code of ["invalid", "bad-json", "too-large", "out-of-turn"])
      expect(isUnacceptable(refused(400, code))).toBe(true);
    for (const code of ["token-invalid", "not-found", "enrol-used", "mac-mismatch", "bearer-missing"])
      expect(isUnacceptable(refused(400, code))).toBe(false);
    expect([isUnacceptable(refused(413, "")), isUnacceptable(refused(401, ""))]).toEqual([true, false]);
  });
});

describe("openClient", () => {
  const body = { bootId: FAKE.bootId };
  const never: Fetch = (_, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

  test("a box that takes the request and says nothing is given up after 15 s", async () => {
    const system = fakeSystem();
    const client = openClient(FAKE.url, FAKE.runId, system, never);
    let kind = "";
    void client.hold(FAKE.token, body, new AbortController().signal).then((reply) => {
      kind = reply.kind;
    });
    await system.clock.pass(14_999);
    expect(kind).toBe("");
    await system.clock.pass(2);
    expect(kind).toBe("later");
  });

  test("sends the bearer in the header and the artifact's key in the address", async () => {
    const requests: [string, string | undefined, string | undefined][] = [];
    const fetch: Fetch = async (url, init) => {
      requests.push([url, init.headers["authorization"], init.headers["content-type"]]);
      return Response.json({ id: "a1" });
    };
    const client = openClient(FAKE.url, "run/1", fakeSystem(), fetch);
    const key = { bootId: FAKE.bootId, stage: "SMART", attempt: 2, name: "a.txt", sha256: "0".repeat(64) } as const;
    await client.artifact("abc", key, new Uint8Array(1), new AbortController().signal);
    expect(requests).toEqual([
      [
        `${FAKE.url}/api/v1/runs/run%2F1/artifact?bootId=${FAKE.bootId}&stage=SMART&attempt=2&name=a.txt&sha256=${"0".repeat(64)}`,
        "Bearer abc",
        "application/octet-stream",
      ],
    ]);
  });
});
