/** Operator routes about classes of specs: the list, and one class's text. */
import type { Hono } from "hono";
import { readText } from "./body.ts";
import type { EdgeEnv } from "./edge.ts";
import { SPEC_BYTES } from "./operator-hosts.ts";
import { type OperatorAppParts, operatorAt } from "./operator-parts.ts";
import { answered, json, problem, yaml } from "./problem.ts";

/** Adds the routes. */
export const addClassRoutes = (app: Hono<EdgeEnv>, { desk, reads }: OperatorAppParts): void => {
  app.get("/api/v1/spec-classes", async () => json(await reads.specClasses()));
  app.get("/api/v1/spec-classes/:name", async (c) => {
    const text = await reads.specClass(c.req.param("name"));
    return text === null ? problem("not-found", "There is no class of this name.") : yaml(text);
  });
  app.put("/api/v1/spec-classes/:name", async (c) => {
    const text = await readText(c.req.raw, SPEC_BYTES);
    return text.ok
      ? answered(await desk.setSpecClass(c.req.param("name"), text.value, operatorAt(c.env)))
      : text.answer;
  });
  app.delete("/api/v1/spec-classes/:name", async (c) =>
    answered(await desk.removeSpecClass(c.req.param("name"), operatorAt(c.env))),
  );
};
