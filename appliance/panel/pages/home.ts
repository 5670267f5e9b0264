/** The box itself: how to reach it, and how it is. Before the first host is registered, how to begin. */
import { type Canvas, columnsIn } from "../../../board/canvas.ts";
import { wrapText } from "../../../board/text.ts";
import type { PanelBox, PanelModel } from "../model.ts";
import { COLUMNS, drawFoot, drawTitle, FOOT_Y, LINE, PAGE_WIDTH } from "./layout.ts";

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
const mdnsLine = ({ name, mdnsName }: PanelBox): readonly string[] => {
  if (mdnsName === null) return [];
  return [mdnsName.startsWith(`${name}.`) ? mdnsName.slice(name.length) : mdnsName];
};

/** Whether servers can boot through it: `✓link ✓DHCP`. */
const DHCP_SIGN: Record<PanelBox["dnsmasq"], string> = { running: "✓", starting: "…", restarting: "…", off: "✗" };

const stateText = ({ link, dnsmasq }: PanelBox): string => `${link === "up" ? "✓" : "✗"}link ${DHCP_SIGN[dnsmasq]}DHCP`;

/** Runs under way, and those that wait for a place. */
const countsText = ({ activeRuns, queuedRuns }: PanelBox): string =>
  activeRuns + queuedRuns === 0 ? "no runs" : `${activeRuns} run ⌛${queuedRuns}`;

/** Where to find the box. Without a page for phones it is the address, for who comes by SSH. */
const whereLines = ({ pageUrl, link, address }: PanelBox, columns: number): readonly string[] => {
  if (pageUrl !== null) return addressLines(pageUrl, columns);
  return [link === "up" ? address : "no address yet"];
};

/** How to begin, before the first host is registered. */
const beginText = ({ pageUrl, link }: PanelBox): string => {
  if (pageUrl !== null) return "No host yet. Scan to add one:";
  return link === "up" ? "No host yet. Add one by SSH to:" : "No host yet. Plug in the network cable.";
};

/** What stands below the box's name. Of more than fits the mDNS name gives way: the address says the same. */
const linesOf = (box: PanelBox, columns: number, rows: number): readonly string[] => {
  const address = whereLines(box, columns);
  if (box.hostCount === 0) return [...wrapText(beginText(box), columns), ...address];
  const needed = [...address, stateText(box), countsText(box)];
  return needed.length < rows ? [...mdnsLine(box), ...needed] : needed;
};

/** The code at the right, and all words in the narrow column beside it. */
const drawBeside = (canvas: Canvas, box: PanelBox): void => {
  const lines = [box.name, ...linesOf(box, columnsIn(LEFT, 1), ROWS - 1)].slice(0, ROWS);
  for (const [i, line] of lines.entries()) canvas.text(0, i * LINE, line, { width: LEFT, cut: "middle" });
};

/** No code: the name large, and the words across the page. */
const drawAcross = (canvas: Canvas, box: PanelBox): void => {
  drawTitle(canvas, { x: 0, y: 0, width: PAGE_WIDTH }, box.name);
  for (const [i, line] of linesOf(box, COLUMNS, ROWS - 2)
    .slice(0, ROWS - 2)
    .entries())
    canvas.text(0, (i + 2) * LINE, line, { width: PAGE_WIDTH, cut: "middle" });
};

/** The page of the box. */
export const drawHome = (canvas: Canvas, model: PanelModel): void => {
  const { pageUrl, timeText } = model.box;
  const hasCode = pageUrl !== null && canvas.qr({ x: PAGE_WIDTH - QR_SIDE, y: 1, side: QR_SIDE }, pageUrl);
  (hasCode ? drawBeside : drawAcross)(canvas, model.box);
  canvas.text(0, FOOT_Y + 1, timeText ?? "--:--", { width: hasCode ? LEFT : PAGE_WIDTH, align: "right" });
  drawFoot(canvas, model, { kind: "home" });
};
