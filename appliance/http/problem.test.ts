import { describe, expect, test } from "bun:test";
import * as v from "valibot";
import { FAULT_CODES, Fault } from "../../agent/system/fault.ts";
import { Problem } from "../../agent/wire/messages.ts";
import { REFUSAL_CODES } from "../core/ports.ts";
import { answered, EDGE_CODES, FAULTS, problem, REFUSALS, renderThrown } from "./problem.ts";

describe("problem", () => {
  for (const code of [...REFUSAL_CODES, ...EDGE_CODES])
    test(`${code} is told as problem details with its own status`, async () => {
      const answer = problem(code, "why", { path: "a.b" });
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.status).toBe(REFUSALS[code].status);
      const body = v.parse(Problem, await answer.json());
      expect(body).toMatchObject({ code, detail: "why", path: "a.b", status: answer.status });
      expect(answer.headers.has("www-authenticate")).toBe(answer.status === 401);
      expect(answer.headers.has("retry-after")).toBe(answer.status === 503);
    });
});

describe("answered", () => {
  test("gives a value as JSON that no cache keeps", async () => {
    const answer = answered({ ok: true, value: { id: "x" } }, 201);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(await answer.json()).toEqual({ id: "x" });
  });

  test("gives a refusal with its place", async () => {
    const answer = answered({ ok: false, refusal: { code: "invalid", detail: "bad", path: "3:7" } });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: "invalid", detail: "bad", path: "3:7" });
  });
});

describe("renderThrown", () => {
  for (const code of FAULT_CODES)
    test(`${code} is told without what it was about`, async () => {
      const answer = renderThrown(new Fault(code, { path: "/secret/place" }, { cause: new Error("inner") }));
      const text = await answer.text();
      expect(answer.status).toBe(FAULTS[code]);
      expect(text).toContain(code);
      expect(text).not.toMatch(/secret|inner/);
    });

  test("an unknown error is 500 and says nothing of itself", async () => {
    const answer = renderThrown(new TypeError("x.y is undefined at /appliance/store"));
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      type: "urn:vetbox:problem:internal",
      title: "The box failed",
      status: 500,
      code: "internal",
    });
  });
});
