/**
 * Stands in for npm's `bindings`, by which i2c-bus and epoll load their compiled halves. Those need a compiler, and symbols that Bun does not have.
 *
 * CommonJS, because the callers call what `require("bindings")` returns; a bundle keeps that for no other form. A half is loaded when it is asked for.
 */

/** What is served, by the names under which upstream asks. */
const halves: Readonly<Record<string, () => unknown>> = {
  "i2c.node": () => require("./i2c.ts").i2c,
  "epoll.node": () => ({ Epoll: require("./epoll.ts").Epoll }),
};

module.exports = (name: string): unknown => {
  const load = halves[name];
  if (load === undefined) throw new Error(`${name} has no stand-in for Bun`);
  return load();
};
