import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenForOrders, sendOrder } from "./orders.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "vetbox-orders-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("sendOrder: orders arrive whole and in their order, and a refusal comes back in its own words", async () => {
  const path = join(root, "orders.sock");
  const taken: unknown[] = [];
  listenForOrders(path, (order) => {
    if (order === "odd") throw new Error("there is no such order");
    taken.push(order);
  });
  const long = "x".repeat(100_000);
  await sendOrder(path, { a: long });
  await sendOrder(path, [2]);
  await expect(sendOrder(path, "odd")).rejects.toMatchObject({ code: "invalid", message: "there is no such order" });
  expect(taken).toEqual([{ a: long }, [2]]);
});

test("sendOrder: without a listener it fails", async () => {
  await expect(sendOrder(join(root, "nobody.sock"), 1)).rejects.toThrow();
});
