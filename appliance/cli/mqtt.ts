/** `vetbox mqtt schema`: what is said on each topic, for whoever writes a reader. Needs no box. */
import { renderMqttSchemas } from "../core/mqtt-schema.ts";
import { EXIT, renderJson, renderTable, Stop, wantsColour } from "./terminal.ts";
import { type Cli, group, localVerb } from "./verb.ts";

/** See above. */
export const mqttCommands = (cli: Cli) =>
  group("vetbox mqtt", "What the box says on its site's broker", {
    topics: localVerb(cli, "topics", "Every topic", {}, async () => {
      const rows = renderMqttSchemas().map(({ name, topic, qos, retained, says, what }) => [
        ...[name, topic, qos, retained ? "retained" : null, says, what],
      ]);
      cli.out(renderTable(["NAME", "TOPIC", "QOS", "KEPT", "SAID BY", "WHAT"], rows, wantsColour(cli)));
      return EXIT.ok;
    }),
    schema: localVerb(
      cli,
      "schema",
      "JSON Schema of the payload of one topic, or of all",
      { topic: { type: "positional", required: false, description: "A name of `vetbox mqtt topics`" } },
      async ({ topic }) => {
        const all = renderMqttSchemas();
        if (topic === undefined) cli.out(renderJson(all));
        else {
          const one = all.find(({ name }) => name === topic);
          if (one === undefined) throw new Stop(EXIT.usage, `There are ${all.map(({ name }) => name).join(", ")}.`);
          cli.out(renderJson(one.schema));
        }
        return EXIT.ok;
      },
    ),
  });
