/** The parts of a report that say what the server is made of. */
import type { Hardware as HardwareFacts, Inventory } from "../../agent/wire/inventory.ts";
import { renderDisk, renderMemory } from "../core/words.ts";
import { Facts, joined, Part, Table } from "./report-html-parts.tsx";

const Identity = ({ board }: { board: HardwareFacts["board"] }) => (
  <Part title="Server">
    <Facts
      rows={[
        ["System", joined(board.manufacturer, board.product)],
        ["Serial", board.serial],
        ["UUID", board.uuid],
        ["Board", joined(board.boardManufacturer, board.boardProduct)],
        ["Board serial", board.boardSerial],
        ["Firmware", joined(board.biosVendor, board.biosVersion, board.biosDate)],
      ]}
    />
  </Part>
);

const Cpu = ({ cpu }: { cpu: HardwareFacts["cpu"] }) => (
  <Part title="CPU">
    <Facts
      rows={[
        ["Model", `${cpu.socketCount} × ${cpu.model ?? "unknown"}`],
        ["Cores, threads", `${cpu.coreCount}, ${cpu.threadCount}`],
        ["Most", cpu.maxMhz === undefined ? undefined : `${cpu.maxMhz} MHz`],
        ["Microcode", cpu.microcode],
      ]}
    />
  </Part>
);

const Memory = ({ memory }: { memory: HardwareFacts["memory"] }) => (
  <Part title="Memory">
    <p>
      {memory.installedBytes === undefined ? "Size unknown" : `${renderMemory(memory.installedBytes)} installed`}
      {memory.visibleBytes === undefined ? "" : `, ${renderMemory(memory.visibleBytes)} visible to the system`},{" "}
      {memory.populatedCount} of {memory.slotCount} slots populated
    </p>
    <Table
      columns={[
        { title: "Slot" },
        { title: "Size", class: "n" },
        { title: "Type", class: "opt" },
        { title: "MT/s", class: "n" },
        { title: "Part", class: "opt" },
        { title: "Serial" },
      ]}
      rows={memory.dimms.map((d) => [
        d.slot,
        d.populated ? d.sizeBytes && renderMemory(d.sizeBytes) : "empty",
        d.type,
        d.configuredMtps ?? d.ratedMtps,
        joined(d.manufacturer, d.part) || undefined,
        d.serial,
      ])}
    />
  </Part>
);

const Disks = ({ disks }: { disks: HardwareFacts["disks"] }) => (
  <Part title="Disks">
    <Table
      stacked
      columns={[
        { title: "Serial" },
        { title: "Model" },
        { title: "Size", class: "n" },
        { title: "Bus", class: "opt" },
        { title: "Firmware", class: "opt" },
        { title: "Name", class: "opt" },
      ]}
      rows={disks.map((d) => [
        d.serial ?? "no serial",
        d.model,
        renderDisk(d.sizeBytes),
        d.transport,
        d.firmware,
        d.name,
      ])}
    />
  </Part>
);

const Nics = ({ nics }: { nics: HardwareFacts["nics"] }) => (
  <Part title="Network interfaces">
    <Table
      columns={[
        { title: "MAC" },
        { title: "Name" },
        { title: "Link" },
        { title: "Driver", class: "opt" },
        { title: "PCI address", class: "opt" },
      ]}
      rows={nics.map((n) => [
        n.mac,
        n.boot ? `${n.name} (booted)` : n.name,
        n.linkUp === true ? joined(`${n.speedMbps ?? "?"} Mbit/s`, n.duplex) : "no link",
        n.driver,
        n.pciAddress,
      ])}
    />
  </Part>
);

/** Everything that Inventory found. */
export const Hardware = ({ inventory }: { inventory: Inventory }) => (
  <>
    <Identity board={inventory.hardware.board} />
    <Cpu cpu={inventory.hardware.cpu} />
    <Memory memory={inventory.hardware.memory} />
    <Disks disks={inventory.hardware.disks} />
    <Nics nics={inventory.hardware.nics} />
  </>
);
