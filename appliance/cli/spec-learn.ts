/** `vetbox spec learn`: a spec from what the host was when it was last looked at. */
import { writeNew } from "./new-file.ts";
import { EXIT, renderFile } from "./terminal.ts";
import { boxVerb, type Cli } from "./verb.ts";

/** The verb. Without `--set` and `--output` the spec goes to standard output, to be read and loosened. */
export const learnVerb = (cli: Cli) =>
  boxVerb(
    cli,
    "learn",
    "Write a spec from the host's last good inventory",
    {
      host: { type: "positional", required: true, description: "Name, MAC or id of the host" },
      serials: {
        type: "boolean",
        default: true,
        description: "Name each part by its serial",
        negativeDescription: "Fit any server that is made alike",
      },
      set: { type: "boolean", description: "Make it the host's expected spec at once" },
      output: { type: "string", alias: "o", valueHint: "file", description: "Write it there, to a new file" },
    },
    async ({ host, serials, set, output }, { box, json, one }) => {
      const path = `/hosts/${encodeURIComponent(host)}/spec`;
      const spec = await box.text(`${path}/learned?serials=${serials !== false}`);
      if (output !== undefined) await writeNew(output, async () => spec);
      if (set === true) await box.sendYaml(path, spec);
      if (json) one({ host, spec, set: set === true }, []);
      else if (set === true) one(null, [["learned spec set for", host]]);
      else if (output === undefined) cli.out(renderFile(spec, cli));
      return EXIT.ok;
    },
  );
