/** The box itself: how to reach it, and how it is. Before the first host is registered, how to begin. */
import { type Canvas, columnsIn } from "../../../board/canvas.ts";
import { wrapText } from "../../../board/text.ts";
import type { PanelBox, PanelModel } from "../model.ts";
import { drawFoot, FOOT_Y, LINE, PAGE_WIDTH } from "./layout.ts";

/** The QR code's square, quiet zone included. */
const QR_SIDE = 60;
/** What is left of it: eleven characters, which `vetbox-3f2a` fills. */
const LEFT = PAGE_WIDTH - QR_SIDE - 1;
/** Lines above the foot. */
const ROWS = 6;

/** `http://192.168.100.200:8088` as a narrow column reads it: broken where a person pauses. */
const addressLines = (url: string, columns: number): readonly string[] => {
  const host = url.replace(/^https?:\/\//iu, "").replace(/\/$/u, "");
  const parts = host.split(/(?<=\.)|(?=:)/u);
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length <= columns) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines;
};

/** The mDNS name; of one that begins with the box's name, which stands above it, the rest. */
const nameLines = ({ name, mdnsName }: PanelBox): readonly string[] => {
  if (mdnsName === null) return [name];
  return mdnsName.startsWith(`${name}.`) ? [name, mdnsName.slice(name.length)] : [name, mdnsName];
};

/** Whether servers can boot through it: `✓link ✓DHCP`. */
const DHCP_SIGN: Record<PanelBox["dnsmasq"], string> = { running: "✓", starting: "…", restarting: "…", off: "✗" };

const stateText = ({ link, dnsmasq }: PanelBox): string => `${link === "up" ? "✓" : "✗"}link ${DHCP_SIGN[dnsmasq]}DHCP`;

const countsText = ({ activeRuns, queuedRuns }: PanelBox): string =>
  activeRuns + queuedRuns === 0 ? "no runs" : `${activeRuns} on ${queuedRuns} wait`;

const linesOf = (box: PanelBox, columns: number): readonly string[] => {
  const address = box.pageUrl === null ? ["no address yet"] : addressLines(box.pageUrl, columns);
  if (box.hostCount > 0) return [...nameLines(box), ...address, stateText(box), countsText(box)];
  const begin = box.pageUrl === null ? "No host yet. Plug in the network cable." : "No host yet. Scan to add one:";
  return [box.name, ...wrapText(begin, columns), ...address];
};

/** The page of the box. */
export const drawHome = (canvas: Canvas, model: PanelModel): void => {
  const { pageUrl, timeText } = model.box;
  const hasCode = pageUrl !== null && canvas.qr({ x: PAGE_WIDTH - QR_SIDE, y: 1, side: QR_SIDE }, pageUrl);
  const width = hasCode ? LEFT : PAGE_WIDTH;
  const columns = columnsIn(width, 1);
  for (const [i, line] of linesOf(model.box, columns).slice(0, ROWS).entries())
    canvas.text(0, i * LINE, line, { width, cut: "middle" });
  canvas.text(0, FOOT_Y + 1, timeText ?? "--:--", { width, align: "right" });
  drawFoot(canvas, model, { kind: "home" });
};
