/**
 * The box on its site's broker: retained state that equals the read model, every announcement once and in order, telemetry while it is fresh, and commands where they
 * are allowed.
 *
 * It follows committed changes and is waited for by nobody: a broker that is away costs the box a try to connect a minute and nothing else.
 */
import { birthTopic, treeOf } from "../core/mqtt-tree.ts";
import type { MqttView } from "../core/views.ts";
import { runAnnouncer } from "./announcer.ts";
import { Bell } from "./bell.ts";
import { type Broker, connectBroker, type Incoming } from "./broker.ts";
import { mayAnswerOn, runCommand } from "./commands.ts";
import { Dirt, heardTopics, Mirror } from "./mirror.ts";
import { MQTT_PERIODS, type MqttParts } from "./ports.ts";
import { renderTelemetry } from "./render.ts";
import { Retained, type WantedTopics } from "./retained.ts";
import { describeTrouble } from "./trouble.ts";

/** How the connection stands. */
export type MqttLink = Omit<MqttView, "waiting" | "dropped">;

/** The open department. */
export interface Mqtt extends AsyncDisposable {
  view(): MqttLink;
}

/** A connection that lived for as long as this was none of a row of failures. */
const GOOD_CONNECTION_MS = 10_000;
/** Nobody waits longer than this for a broker to hear that the box ends. */
const LEAVE_MS = 2_000;
/** Telemetry older than this is no telemetry. */
const FRESH_MS = 15_000;

/** See above. */
class Follower implements Mqtt {
  readonly #parts: MqttParts;
  readonly #periods;
  readonly #tree;
  readonly #discoveryPrefix: string | null;
  readonly #dirt = new Dirt();
  readonly #changed = new Bell();
  readonly #announced = new Bell();
  readonly #ending = new AbortController();
  readonly #startedMonoMs: number;
  #link: MqttLink;
  #broker: Broker | null = null;
  #retained: Retained | null = null;
  #done: Promise<unknown> = Promise.resolve();

  constructor(parts: MqttParts) {
    this.#parts = parts;
    this.#periods = parts.periods ?? MQTT_PERIODS;
    this.#tree = treeOf({ prefix: parts.settings.prefix, box: parts.boxName });
    this.#discoveryPrefix = parts.settings.discovery ? parts.settings.discoveryPrefix : null;
    this.#startedMonoMs = parts.clock.monoMs();
    this.#link = { state: "connecting", trouble: null, sinceMs: parts.nowMs() };
  }

  view(): MqttLink {
    return this.#link;
  }

  start(): void {
    this.#done = Promise.all([this.#watch(), this.#keepConnected()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#done;
  }

  /** Notes what committed changes concern. */
  async #watch(): Promise<void> {
    for await (const { kind, hostId } of this.#parts.reads.changes(null, this.#ending.signal)) {
      if (kind === "reset") this.#dirt.all();
      else if (kind === "box") this.#dirt.box();
      else if (hostId !== null) this.#dirt.host(hostId);
      else continue;
      this.#changed.ring();
      this.#announced.ring();
    }
  }

  async #keepConnected(): Promise<void> {
    const { clock, random, settings } = this.#parts;
    const { retryMinMs, retryMaxMs } = this.#periods;
    const { signal } = this.#ending;
    for (let tries = 0; !signal.aborted; tries++) {
      const beganMs = clock.monoMs();
      try {
        await this.#session();
      } catch (error) {
        this.#stand("trouble", describeTrouble(error, settings.broker));
      }
      if (clock.monoMs() - beganMs > GOOD_CONNECTION_MS) tries = 0;
      const waitMs = Math.min(retryMaxMs, retryMinMs * 2 ** Math.min(tries, 16));
      await clock.sleep(waitMs * (0.5 + random.unit() / 2), signal); // boxes that lost their broker together do not come back together
    }
  }

  /** One connection, from its beginning to its end. */
  async #session(): Promise<void> {
    const { settings, boxName, files, record, clock } = this.#parts;
    const broker = await connectBroker({
      ...{ settings, files },
      signal: this.#ending.signal,
      clientId: `${settings.prefix.replaceAll("/", "-")}-${boxName}`,
      will: { topic: this.#tree.status, payload: "offline" },
      onMessage: (message) => this.#heard(message),
    });
    const over = AbortSignal.any([broker.lost, this.#ending.signal]);
    this.#broker = broker;
    try {
      const retained = new Retained(record, await record.topics());
      this.#retained = retained;
      this.#dirt.all();
      await broker.subscribe(heardTopics(this.#tree, this.#discoveryPrefix, settings.commands));
      this.#stand("connected", null);
      await Promise.all([
        this.#keepRetained(broker, retained, over),
        runAnnouncer({
          ...{ record, tree: this.#tree, broker, bell: this.#announced, signal: over },
          onAcked: this.#parts.onChange,
        }),
      ]);
      if (broker.lost.aborted) throw broker.lost.reason;
      const leave = broker.publish({ topic: this.#tree.status, payload: "offline", qos: 1, retain: true });
      await Promise.race([leave, clock.sleep(LEAVE_MS)]);
    } finally {
      this.#broker = null;
      await broker.close();
    }
  }

  async #keepRetained(broker: Broker, retained: Retained, over: AbortSignal): Promise<void> {
    const { clock, nowMs, reads } = this.#parts;
    const mirror = new Mirror({
      ...{ reads, retained, stateMs: this.#periods.stateMs, discoveryPrefix: this.#discoveryPrefix },
      root: { prefix: this.#parts.settings.prefix, box: this.#parts.boxName },
      moment: () => ({
        nowMs: nowMs(),
        uptimeMs: clock.monoMs() - this.#startedMonoMs,
        diskFreeRatio: this.#parts.diskFreeRatio(),
      }),
    });
    const telemetry = this.#keepTelemetry(broker, mirror, over);
    while (!over.aborted) {
      await mirror.refresh(this.#dirt.take());
      await retained.send(broker, nowMs());
      retained.want("status", this.#online()); // only when what is there is true
      await retained.send(broker, nowMs());
      await retained.sweep(broker);
      const nap = new AbortController();
      const until = AbortSignal.any([over, nap.signal]);
      await Promise.race([this.#changed.wait(until), clock.sleep(this.#periods.stateMs, until)]);
      nap.abort();
      await clock.sleep(this.#periods.paceMs, over);
    }
    await telemetry;
  }

  /**
   * Said again with each state, and forgotten by the broker after three of them: one that was killed together with the box has no last will to send, and may have
   * kept the box online for ever.
   */
  #online(): WantedTopics {
    const nowMs = this.#parts.nowMs();
    const { stateMs } = this.#periods;
    const same = `online ${Math.floor(nowMs / stateMs)}`;
    return new Map([[this.#tree.status, { payload: "online", same, expiresMs: nowMs + 3 * stateMs }]]);
  }

  async #keepTelemetry(broker: Broker, mirror: Mirror, over: AbortSignal): Promise<void> {
    const { clock, readings, nowMs } = this.#parts;
    const sentMs = new Map<string, number>();
    for (; !over.aborted; await clock.sleep(this.#periods.telemetryMs, over))
      for (const { mac, activeRun } of mirror.hosts()) {
        const last = activeRun === null ? null : readings(activeRun.id);
        if (last === null || last.atMs === sentMs.get(mac) || nowMs() - last.atMs > FRESH_MS) continue;
        sentMs.set(mac, last.atMs);
        const said = renderTelemetry(last);
        if (said === null) continue;
        const topic = this.#tree.hostTelemetry(mac);
        await broker.publish({ topic, payload: JSON.stringify(said), qos: 0, retain: false }).catch(() => {}); // the connection's end is told elsewhere
      }
  }

  async #heard(message: Incoming): Promise<void> {
    const { log, settings } = this.#parts;
    const { topic, payload, retained } = message;
    const verb = this.#tree.verbOf(topic);
    try {
      if (verb !== null) await this.#command(verb, message);
      else if (topic === this.#tree.status && payload.toString() !== "online") {
        // The will of a connection that we gave up, or somebody's mistake: we are here.
        this.#retained?.forget(topic);
        this.#changed.ring();
      } else if (topic === birthTopic(settings.discoveryPrefix) && payload.toString() === "online" && !retained)
        void this.#sayAgain();
    } catch (err) {
      log.error({ err, topic }, "MQTT: a message could not be dealt with");
    }
  }

  /** Home Assistant has started: everything is said again, not by all boxes at once. */
  async #sayAgain(): Promise<void> {
    const { clock, random } = this.#parts;
    await clock.sleep(random.unit() * this.#periods.birthJitterMs, this.#ending.signal);
    this.#retained?.forget();
    this.#changed.ring();
  }

  async #command(verb: string, { payload, retained, responseTopic, correlation }: Incoming): Promise<void> {
    const { settings, reads, operators, log } = this.#parts;
    if (!settings.commands || payload.length === 0) return; // a session may still bring what was asked for before the setting changed
    if (retained)
      return log.warn(
        { verb },
        "MQTT: a retained command is not carried out: it would come again with every connection",
      );
    const answer = await runCommand(verb, payload, { reads, operators });
    log.info({ verb, answer }, "MQTT: command");
    if (responseTopic === null || !mayAnswerOn(responseTopic, [settings.prefix, settings.discoveryPrefix])) return;
    const echo = correlation === null ? {} : { correlation };
    const message = { topic: responseTopic, payload: JSON.stringify(answer), qos: 1, retain: false, ...echo } as const;
    // Not awaited: its acknowledgement can only come after this message's own.
    this.#broker
      ?.publish(message)
      .catch((err: unknown) => log.warn({ err, verb }, "MQTT: an answer was not delivered"));
  }

  #stand(state: MqttLink["state"], trouble: string | null): void {
    if (this.#link.state === state && this.#link.trouble === trouble) return;
    const { log, nowMs, onChange, settings } = this.#parts;
    this.#link = { state, trouble, sinceMs: nowMs() };
    const { host, port } = settings.broker;
    if (trouble === null) log.info({ host, port }, `MQTT: ${state}`);
    else log.warn({ trouble }, "MQTT: no connection; it is tried again");
    onChange();
  }
}

/** Opens it. It answers at once: the broker may come later. */
export const openMqtt = (parts: MqttParts): Mqtt => {
  const follower = new Follower(parts);
  follower.start();
  return follower;
};
