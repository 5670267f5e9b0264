/** What a run of a host would do, before anything is switched on: disks first, then each stage with its commands and its time. */
import type { HostView, PlanView } from "../appliance/core/views.ts";
import { renderDisk, renderDuration } from "../appliance/core/words.ts";
import { Badge, Notice, Page } from "./layout.tsx";

type Disk = PlanView["disks"][number];

const WIPED = { text: "Will be wiped", tone: "bad" } as const;
const KEPT = { text: "Read only", tone: "good" } as const;

const DiskItem = ({ disk }: { disk: Disk }) => (
  <li>
    <div class="row">
      <strong class="grow">
        <code>{disk.serial}</code>
      </strong>
      <Badge word={disk.mayWrite ? WIPED : KEPT} />
    </div>
    <p class="dim">
      {renderDisk(disk.sizeBytes)}
      {disk.model === undefined ? "" : `, ${disk.model}`}
      {disk.mayWrite ? "" : `: ${disk.whyNot ?? ""}`}
    </p>
  </li>
);

const Disks = ({ plan }: { plan: PlanView }) => (
  <>
    <h2>Disks</h2>
    {plan.disks.length === 0 ? (
      <p class="card dim">No disk is touched: the spec expects none that is there.</p>
    ) : (
      <ul class="card lines">
        {plan.disks.map((disk) => (
          <DiskItem disk={disk} />
        ))}
      </ul>
    )}
  </>
);

const StageItem = ({ stage }: { stage: PlanView["stages"][number] }) => (
  <li class="stage">
    <div class="row top-row">
      <strong class="grow">{stage.title}</strong>
      <span class="dim">{renderDuration(stage.expectedMs)}</span>
    </div>
    <details>
      <summary>
        {stage.steps.length === 1 ? "1 step" : `${stage.steps.length} steps`}, given up after{" "}
        {renderDuration(stage.limitMs)}
      </summary>
      <ul class="lines">
        {stage.steps.map(({ what, argv }) => (
          <li>
            <p>{what}</p>
            {argv === undefined ? null : <code class="block">{argv.join(" ")}</code>}
          </li>
        ))}
      </ul>
    </details>
  </li>
);

/** The plan's page. */
export const PlanPage = ({ host, plan }: { host: HostView; plan: PlanView }) => (
  <Page title={`Plan: ${host.name}`} back={{ href: `/hosts/${encodeURIComponent(host.id)}`, label: host.name }}>
    <p class="dim facts terms">
      <span>{plan.profile}</span>
      <span>{plan.destructive ? "disks may be erased" : "disks read only"}</span>
      <span>about {renderDuration(plan.expectedMs)}</span>
    </p>
    {plan.from === null ? (
      <Notice tone="warn">
        <p>
          <strong>This server was never looked at.</strong> The plan is made from its spec alone; the run makes it anew
          from the inventory.
        </p>
      </Notice>
    ) : null}
    <Disks plan={plan} />
    <h2>Stages</h2>
    <ol class="card lines">
      {plan.stages.map((stage) => (
        <StageItem stage={stage} />
      ))}
    </ol>
  </Page>
);
