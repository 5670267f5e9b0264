/** `vetbox mqtt topics|schema`, and the same from a box. */
import { afterEach, expect, test } from "bun:test";
import Ajv2020 from "ajv/dist/2020.js";
import { renderMqttSchemas } from "../../appliance/core/mqtt-schema.ts";
import { closeAll, runLine } from "./box.ts";

afterEach(closeAll);

test("topics lists every topic, and schema prints the JSON Schema of each", async () => {
  const { code, out } = await runLine(["mqtt", "topics"]);
  expect(code).toBe(0);
  for (const { name, topic } of renderMqttSchemas()) {
    expect(out).toContain(topic);
    const one = await runLine(["mqtt", "schema", name]);
    expect(JSON.parse(one.out)).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema", title: name });
  }
  expect(JSON.parse((await runLine(["mqtt", "schema"])).out)).toHaveLength(renderMqttSchemas().length);
  expect(await runLine(["mqtt", "schema", "stat"])).toMatchObject({ code: 2 });
});

test("the schema of an event takes an event and refuses one without its number", () => {
  const schema = renderMqttSchemas().find(({ name }) => name === "event")?.schema ?? {};
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const fits = ajv.compile(schema);
  const event = {
    ...{ v: 1, seq: 17, run: "01ke9x4m7q2v", rev: 3, host: "r07-u12", mac: "24:6e:96:a1:5c:10", type: "stage.failed" },
    ...{
      from: "SMART",
      to: "Failed",
      stage: "SMART",
      severity: "critical",
      summary: "2 reallocated sectors",
      ts: "2026-11-20T10:00:00.000Z",
    },
  };
  const { seq: _seq, ...numberless } = event;
  expect([fits(event), fits(numberless), fits({ ...event, type: "stage.exploded" })]).toEqual([true, false, false]);
});
