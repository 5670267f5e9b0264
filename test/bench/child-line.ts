/** A child's first line of interest, with the rest read and dropped: output that nobody reads would fill its pipe and stop the child. */

/** Answers with the first line of which `pick` makes something; throws with the child's last words when it ends before. */
export const childLine = <T>(stdout: ReadableStream<Uint8Array>, pick: (line: string) => T | null): Promise<T> => {
  const found = Promise.withResolvers<T>();
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const picked = pick(line);
        if (picked !== null) found.resolve(picked); // later ones change nothing
      }
    }
    found.reject(new Error(`the child ended before it said what was waited for: ${rest}`));
  };
  read().catch(found.reject);
  return found.promise;
};
