/** Bodies from outside: read up to a limit, decoded strictly, checked against a schema. */
import * as v from "valibot";
import { findJsonProblem } from "./json-scan.ts";
import { problem } from "./problem.ts";

/** A decoded input, or the answer that refuses it. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: Response };

const no = (answer: Response): { readonly ok: false; readonly answer: Response } => ({ ok: false, answer });

/** Chunks of a body until `limitBytes` is passed; then null, once. Counts what arrives, whatever Content-Length says. */
export async function* chunksOf(request: Request, limitBytes: number): AsyncGenerator<Uint8Array | null, void, void> {
  if (request.body === null) return;
  const reader = request.body.getReader();
  let sizeBytes = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      sizeBytes += next.value.byteLength;
      if (sizeBytes > limitBytes) return void (yield null);
      yield next.value;
    }
  } finally {
    // Whoever stops early takes no more of it: the sender meets a closed stream, not a reader that is kept busy.
    await reader.cancel().catch(() => undefined);
  }
}

/** The answer to a body that is too large; the connection goes with it, so that the rest is never read. */
export const tooLarge = (limitBytes: number): Response =>
  problem("too-large", `The body may have ${limitBytes} bytes.`, { headers: { connection: "close" } });

/** Refuses, by its headers alone, a body that is too large or compressed. */
export const refuseByHeaders = (request: Request, limitBytes: number): Response | null => {
  const encoding = request.headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity")
    return problem("content-encoded", "Send the body as it is, without Content-Encoding.");
  return Number(request.headers.get("content-length") ?? 0) > limitBytes ? tooLarge(limitBytes) : null;
};

/** A body as UTF-8 text. */
export const readText = async (request: Request, limitBytes: number): Promise<Read<string>> => {
  const refusal = refuseByHeaders(request, limitBytes);
  if (refusal !== null) return no(refusal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of chunksOf(request, limitBytes)) {
    if (chunk === null) return no(tooLarge(limitBytes));
    chunks.push(chunk);
  }
  try {
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)) };
  } catch {
    return no(problem("bad-text", "The body must be UTF-8."));
  }
};

/** A value against its schema; the first issue is told with its place in dots. */
export const decode = <const Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
): Read<v.InferOutput<Schema>> => {
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) return { ok: true, value: result.output };
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  return no(problem("invalid", issue.message, path === null ? {} : { path }));
};

/** A JSON body against its schema. */
export const readJson = async <const Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
  limitBytes: number,
): Promise<Read<v.InferOutput<Schema>>> => {
  const text = await readText(request, limitBytes);
  if (!text.ok) return text;
  const wrong = findJsonProblem(text.value);
  if (wrong !== null) return no(problem("bad-json", `The body was refused: ${wrong}.`));
  let value: unknown;
  try {
    value = JSON.parse(text.value);
  } catch {
    return no(problem("bad-json", "The body is not JSON."));
  }
  return decode(schema, value);
};
