/** Lines of a text, one at a time: a hostile text of nothing but line ends costs no list of millions. Pure. */

/** The lines, without their ends (LF or CRLF). The last one is given also when nothing ends it, and an empty one behind the last end is not. */
export function* linesOf(text: string): Generator<string, void, undefined> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const to = end === -1 ? text.length : end;
    yield text.slice(from, to > from && text.charCodeAt(to - 1) === 13 ? to - 1 : to);
    from = to + 1;
  }
}
