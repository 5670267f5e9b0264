/** The box's commands as they come: one open response, watched for silence, because a connection that died says nothing. */
import * as v from "valibot";
import { readEvents } from "./event-stream.ts";
import type { Fetch } from "./pinned-fetch.ts";
import { Fault } from "./system/fault.ts";
import type { System } from "./system/system.ts";
import { Command } from "./wire/messages.ts";

/** A command with the event id to resume after. */
export interface StreamedCommand {
  readonly command: Command;
  readonly eventId: string | null;
}

/** What a stream is opened with. */
export interface StreamRequest {
  readonly url: string;
  readonly bearer: string;
  readonly lastEventId: string | null;
  readonly signal: AbortSignal;
  readonly system: System;
  readonly fetch: Fetch;
}

/** The box pings each 15 s; three missed pings are a dead stream. */
const SILENCE_MS = 45_000;

const decodeCommand = (data: string): Command => {
  try {
    return v.parse(Command, JSON.parse(data));
  } catch (cause) {
    throw new Fault("bad-answer", { reason: "an event is not a command" }, { cause });
  }
};

/** Fires when nothing was heard for `SILENCE_MS`; `heard` starts the wait anew. */
const watchSilence = ({ clock }: System) => {
  const silent = new AbortController();
  const over = new AbortController();
  let heardMs = clock.monoMs();
  const watch = async () => {
    for (;;) {
      const restMs = heardMs + SILENCE_MS - clock.monoMs();
      if (restMs <= 0) return silent.abort(new Fault("network", { reason: "the command stream is silent" }));
      await clock.sleep(restMs, over.signal);
      if (over.signal.aborted) return;
    }
  };
  void watch();
  return {
    signal: silent.signal,
    heard: () => {
      heardMs = clock.monoMs();
    },
    end: () => over.abort(),
  };
};

/** Commands until the stream ends. Throws `network` or `bad-answer`. */
export async function* streamCommands(request: StreamRequest): AsyncGenerator<StreamedCommand> {
  const silence = watchSilence(request.system);
  try {
    const response = await request.fetch(request.url, {
      method: "GET",
      headers: {
        authorization: `Bearer ${request.bearer}`,
        accept: "text/event-stream",
        ...(request.lastEventId === null ? {} : { "last-event-id": request.lastEventId }),
      },
      signal: AbortSignal.any([request.signal, silence.signal]),
    });
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      throw new Fault("bad-answer", { status: response.status, reason: "no command stream" });
    }
    for await (const event of readEvents(response.body, silence.heard))
      yield { command: decodeCommand(event.data), eventId: event.id };
  } finally {
    silence.end();
  }
}
