/** Orders to a program that stands beside a server: one JSON line a connection over a Unix socket, answered with `null` or why not. */
import { RackRefusal } from "./refusal.ts";
import { within } from "./until.ts";

/** The programs answer at once; on a machine that is busy with servers in a second or two. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Takes orders on a socket until the program ends. What `take` throws is the answer. */
export const listenForOrders = (path: string, take: (order: unknown) => void): void => {
  const answerTo = (line: string): string | null => {
    try {
      take(JSON.parse(line));
      return null;
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  };
  Bun.listen<{ text: string }>({
    unix: path,
    socket: {
      open: (socket) => {
        socket.data = { text: "" };
      },
      data: (socket, bytes) => {
        socket.data.text += bytes.toString();
        if (socket.data.text.endsWith("\n")) socket.end(`${JSON.stringify(answerTo(socket.data.text))}\n`);
      },
    },
  });
};

/** Sends an order and answers when it is done; refuses with the program's own words. */
export const sendOrder = async (path: string, order: unknown): Promise<void> => {
  const closed = Promise.withResolvers<string>();
  let text = "";
  await Bun.connect({
    unix: path,
    socket: {
      open: (socket) => void socket.write(`${JSON.stringify(order)}\n`),
      data: (_, bytes) => {
        text += bytes.toString();
      },
      close: () => closed.resolve(text),
      error: (_, cause) => closed.reject(cause),
    },
  });
  const refusal: unknown = JSON.parse(await within(`an answer on ${path}`, closed.promise, ANSWER_TIMEOUT_MS));
  if (refusal !== null) throw new RackRefusal("invalid", String(refusal));
};
