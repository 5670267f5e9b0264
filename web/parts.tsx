/**
 * Parts of a page that change by themselves. Each carries a tag of its content; the browser says which tags it has, and gets only the parts that
 * differ. So one request per change keeps a page right, whatever was missed meanwhile.
 */
import type { Context } from "hono";
import type { Child } from "hono/jsx";

/** A part: `content` null means that there is nothing to show now. */
export interface Part {
  readonly id: string;
  readonly content: Child;
  readonly class?: string;
}

/** Request header with the tags that the page has: `head=1x7f, stages=9aa2`. */
export const TAGS_HEADER = "x-part-tags";

const tagOf = (content: string): string => Bun.hash(content).toString(36);

const Section = ({ part, swap }: { part: Part; swap?: string }) => {
  const empty = part.content === null;
  return (
    <section
      id={`part-${part.id}`}
      class={part.class ?? ""}
      data-part={part.id}
      data-tag={tagOf(String(part.content))}
      hidden={empty}
      hx-swap-oob={swap}
    >
      {part.content}
    </section>
  );
};

/** The parts within a whole page. */
export const Parts = ({ parts }: { parts: readonly Part[] }) => (
  <>
    {parts.map((part) => (
      <Section part={part} />
    ))}
  </>
);

/** Answers with the parts whose tags differ from those that the page has; 204 when all are the same. */
export const answerParts = (c: Context, parts: readonly Part[]): Response => {
  const known = new Set((c.req.header(TAGS_HEADER) ?? "").split(",").map((pair) => pair.trim()));
  const changed = parts.filter((part) => !known.has(`${part.id}=${tagOf(String(part.content))}`));
  if (changed.length === 0) return c.body(null, 204);
  return c.html(changed.map((part) => String(<Section part={part} swap="outerMorph" />)).join(""));
};
