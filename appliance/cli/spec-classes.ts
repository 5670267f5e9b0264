/** `vetbox spec class …`: what hosts have in common, kept on the box and inherited by their specs. */
import type { SpecClassView } from "../core/views.ts";
import { readGiven } from "./given.ts";
import { EXIT, renderFile } from "./terminal.ts";
import { boxVerb, type Cli, group } from "./verb.ts";

const NAME = { type: "positional", required: true, description: "Name of the class" } as const;
const at = encodeURIComponent;

/** The commands. */
export const classCommands = (cli: Cli) =>
  group("vetbox spec class", "Classes that the specs of hosts may inherit", {
    list: boxVerb(cli, "list", "All classes, and the hosts that inherit them", {}, async (_args, { box, list }) => {
      const classes = await box.get<readonly SpecClassView[]>("/spec-classes");
      const rows = classes.map((one) => [one.name, one.inherits.join(", "), one.hosts.join(", ")]);
      list(classes, ["NAME", "INHERITS", "HOSTS"], rows);
      return EXIT.ok;
    }),
    show: boxVerb(cli, "show", "The class as it was written", { name: NAME }, async ({ name }, { box, json, one }) => {
      const yaml = await box.text(`/spec-classes/${at(name)}`);
      if (json) one({ name, spec: yaml }, []);
      else cli.out(renderFile(yaml, cli));
      return EXIT.ok;
    }),
    set: boxVerb(
      cli,
      "set",
      "Add a class, or replace it where no host's spec gets wrong by it",
      { name: NAME, file: { type: "positional", required: true, description: "YAML file, or - for standard input" } },
      async ({ name, file }, { box, one }) => {
        await box.sendYaml(`/spec-classes/${at(name)}`, await readGiven(cli, file));
        one({ name, class: "set" }, [["class set", name]]);
        return EXIT.ok;
      },
    ),
    remove: boxVerb(
      cli,
      "remove",
      "Remove a class that nobody inherits",
      { name: NAME },
      async ({ name }, { box, one }) => {
        one(await box.send("DELETE", `/spec-classes/${at(name)}`), [["class removed", name]]);
        return EXIT.ok;
      },
    ),
  });
