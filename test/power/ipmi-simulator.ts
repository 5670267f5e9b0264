/** OpenIPMI's simulator of a BMC (`ipmi_sim`) with a LAN channel: real RMCP+ at a port of its own, and a script for the chassis. */
import { createSocket } from "node:dgram";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Debian packages with the simulator and the client. */
export const IPMI_PACKAGES = ["openipmi", "ipmitool"] as const;

/** The running simulator. */
export interface IpmiSimulator extends AsyncDisposable {
  readonly port: number;
  /** What the chassis was told, oldest first: `power 1`, `boot pxe`, `reset 1`, `identify 0 1` (seconds, and whether it is to last). */
  told(): Promise<readonly string[]>;
}

/** The chassis: a file for its power, a log of what was set. Called as ipmi_lan(5)'s neighbour, `chassis_control`, is: `0x20 set power 1`. */
const chassisScript = (dir: string): string => `#!/bin/sh
shift
op=$1; shift
case $op in
get)
  for item in "$@"; do
    case $item in
    power) echo "power:$(cat ${dir}/power)" ;;
    boot) echo "boot:none" ;;
    *) echo "$item:0" ;;
    esac
  done ;;
set)
  while [ $# -gt 1 ]; do
    echo "$1 $2" >> ${dir}/told
    if [ "$1" = power ]; then echo "$2" > ${dir}/power; fi
    shift 2
  done ;;
esac
`;

const lanConfig = (port: number, user: string, password: string, chassis: string): string => `name "bmc"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
${chassis}  user 2 true "${user}" "${password}" admin 10 none md2 md5 straight
`;

const COMMANDS = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
mc_enable 0x20
`;

/** A UDP port that nobody has now. */
export const freeUdpPort = async (): Promise<number> => {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  socket.close();
  return port;
};

/** Starts a simulator whose host is off. One without a chassis refuses all that it is asked of it. It answers from its first packet on: until then the kernel keeps what comes. */
export const openIpmiSimulator = async (user: string, password: string, hasChassis = true): Promise<IpmiSimulator> => {
  const dir = await mkdtemp(join(tmpdir(), "vetbox-ipmi-"));
  const port = await freeUdpPort();
  const chassis = hasChassis ? `  chassis_control "${dir}/chassis 0x20"\n` : "";
  await Promise.all([
    writeFile(join(dir, "power"), "0\n"),
    writeFile(join(dir, "told"), ""),
    writeFile(join(dir, "lan.conf"), lanConfig(port, user, password, chassis)),
    writeFile(join(dir, "commands"), COMMANDS),
    writeFile(join(dir, "chassis"), chassisScript(dir)),
  ]);
  await chmod(join(dir, "chassis"), 0o755);
  const argv = ["ipmi_sim", "-n", "-c", join(dir, "lan.conf"), "-f", join(dir, "commands"), "-s", dir];
  const child = Bun.spawn(argv, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  return {
    port,
    told: async () => (await readFile(join(dir, "told"), "utf8")).trim().split(/ *\n/),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      await rm(dir, { recursive: true });
    },
  };
};
