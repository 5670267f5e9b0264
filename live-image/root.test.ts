import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, lstatSync, statSync } from "node:fs";
import { BUILD_LIMIT_MS, type BuiltRoot, openBuiltRoot } from "./built-root.ts";
import { loadCommands, loadServices } from "./built-root-text.ts";
import { readTool } from "./process.ts";

let root: BuiltRoot;
beforeAll(async () => {
  root = await openBuiltRoot();
}, BUILD_LIMIT_MS);
afterAll(() => root?.[Symbol.asyncDispose]());

describe("programs", () => {
  const TOOLS = [
    ...["dmidecode", "lscpu", "lsblk", "lspci", "lshw", "lsscsi", "ethtool", "hdparm", "sg_inq", "numactl", "lldpd"],
    ...["stress-ng", "stressapptest", "memtester", "fio", "badblocks", "smartctl", "nvme", "sensors", "rasdaemon"],
    ...["iperf3", "ipmitool", "mdadm", "lvs", "sgdisk", "parted", "wipefs", "curl", "ip", "sqlite3", "ras-mc-ctl"],
    ...["sshd", "ssh-keygen", "udevadm", "init", "udhcpc", "poweroff", "reboot", "mount", "dmesg", "chrt", "hwclock"],
  ];
  test.each(TOOLS)("%s is there and may be run", (name) => {
    const found = ["usr/bin", "usr/sbin"]
      .map((place) => `${root.folder}/${place}/${name}`)
      .filter((path) => existsSync(path));
    expect(found).not.toBeEmpty();
    for (const path of found) expect(statSync(path).mode & 0o111).not.toBe(0);
  });

  test("no program or library misses a library", async () => {
    const list = root.files.filter(
      (path) => /^usr\/(s?bin|lib)\//.test(path) && !/^usr\/lib\/(modules|firmware)\//.test(path),
    );
    const programs: string[] = [];
    for (const path of list) {
      const head = await Bun.file(`${root.folder}/${path}`).slice(0, 4).bytes();
      if (Buffer.from(head).equals(Buffer.from("\x7fELF", "latin1"))) programs.push(`/${path}`);
    }
    expect(programs.length).toBeGreaterThan(500);
    // ldd exits with 1 for a static program among them
    const told = await readTool(["chroot", root.folder, "sh", "-c", 'ldd "$@" 2>/dev/null; true', "sh", ...programs]);
    const missing: string[] = [];
    let current = "";
    for (const line of told.split("\n")) {
      if (line.endsWith(":") && !line.startsWith("\t")) current = line.slice(0, -1);
      else if (line.includes("not found")) missing.push(`${current} ${line.trim().replace(/ =>.*/, "")}`);
    }
    // Mesa's own drivers, of which the EGL front end finds none: stress-ng skips its one stressor that draws
    const known = [/libgallium/, /^\/usr\/lib\/x86_64-linux-gnu\/systemd\/libsystemd-core-\S+ libsystemd-shared-/];
    expect(missing.filter((line) => !known.some((pattern) => pattern.test(line)))).toEqual([]);
  }, 120_000);
});

describe("kernel modules", () => {
  test.each([
    ...[
      "ixgbe",
      "igb",
      "i40e",
      "ice",
      "bnx2",
      "bnx2x",
      "bnxt_en",
      "tg3",
      "mlx4_en",
      "mlx5_core",
      "qede",
      "cxgb4",
      "r8169",
    ],
    ...[
      "megaraid_sas",
      "mpt3sas",
      "mptsas",
      "aacraid",
      "smartpqi",
      "hpsa",
      "qla2xxx",
      "lpfc",
      "nvme",
      "ahci",
      "isci",
      "mpi3mr",
    ],
    ...[
      "virtio_net",
      "virtio_scsi",
      "virtio_blk",
      "e1000e",
      "ipmi_si",
      "ipmi_devintf",
      "ipmi_ssif",
      "coretemp",
      "k10temp",
    ],
    ...[
      "amd64_edac",
      "skx_edac",
      "i10nm_edac",
      "drivetemp",
      "raid1",
      "dm_mod",
      "vfat",
      "ext4",
      "usb_storage",
      "aer_inject",
    ],
  ])("%s is in the image or in the kernel", async (name) => {
    const version = (await readTool(["ls", `${root.folder}/usr/lib/modules`])).trim();
    const shown = await readTool(["chroot", root.folder, "modinfo", "-k", version, "-F", "filename", name]);
    expect(shown.trim()).not.toBe("");
  });

  test("whatever driver finds a management controller brings the device by which tools ask it", async () => {
    const version = (await readTool(["ls", `${root.folder}/usr/lib/modules`])).trim();
    for (const driver of ["ipmi_si", "ipmi_ssif"]) {
      const plan = await readTool(["chroot", root.folder, "modprobe", "-S", version, "--show-depends", driver]);
      expect(plan).toContain("/ipmi_devintf.ko");
    }
    const aliases = await Bun.file(`${root.folder}/usr/lib/modules/${version}/modules.alias`).text();
    for (const told of ["acpi*:IPI0001:*", "platform:dmi-ipmi-si"])
      expect(aliases).toContain(`alias ${told} ipmi_si\n`);
  });

  test("the firmware that common NICs and HBAs load is there", () => {
    const named = [
      "intel/ice/ddp/ice.pkg",
      "bnx2x/bnx2x-e2-7.13.21.0.fw",
      "cxgb4/t5fw.bin",
      "ql2500_fw.bin",
      "rtl_nic/rtl8168h-2.fw",
    ];
    for (const path of named)
      expect([path, existsSync(`${root.folder}/usr/lib/firmware/${path}`)]).toEqual([path, true]);
  });
});

describe("L3: the image touches no disk by itself", () => {
  test("no udev rule assembles, activates, connects, tunes or mounts", async () => {
    // A rule acts by what it runs, imports or asks init for; device names alone (`btrfs-control`, `bcache*`) stand in Debian's own harmless rules.
    const acts = /(?:RUN|PROGRAM|IMPORT|SYSTEMD_\w*WANTS)[^=,"]*\+?==?\s*"([^"]*)"/g;
    const forbidden =
      /--incremental|mdadm|(pv|vg|lv)(scan|change)|multipath|bcache|btrfs|swapon|hdparm|connect-all|\bmount\b/;
    let seen = 0;
    for (const path of root.files.filter((file) => /(^|\/)udev\/rules\.d\//.test(file))) {
      const rules = (await Bun.file(`${root.folder}/${path}`).text()).replace(/^\s*#.*$/gm, "");
      for (const [, act = ""] of rules.matchAll(acts)) {
        seen += 1;
        expect([path, forbidden.exec(act)?.[0]]).toEqual([path, undefined]);
      }
    }
    expect(seen).toBeGreaterThan(20);
  });

  test("no fstab entry, no swap, nothing that starts LVM, RAID, multipath, iSCSI or checks", async () => {
    const fstab = existsSync(`${root.folder}/etc/fstab`) ? await Bun.file(`${root.folder}/etc/fstab`).text() : "";
    expect(fstab.replace(/^#.*$/gm, "").trim()).toBe("");
    for (const gone of [
      "etc/init.d",
      "usr/lib/systemd/system",
      "etc/systemd",
      "usr/lib/systemd/systemd",
      "usr/sbin/multipathd",
    ])
      expect([gone, existsSync(`${root.folder}/${gone}`)]).toEqual([gone, false]);
  });

  test("mdadm and LVM are told not to act on their own", async () => {
    expect(await Bun.file(`${root.folder}/etc/mdadm/mdadm.conf`).text()).toContain("AUTO -all");
    expect(await Bun.file(`${root.folder}/etc/lvm/lvmlocal.conf`).text()).toContain("auto_activation_volume_list = []");
  });

  test("what the init starts mounts memory and kernel file systems only", async () => {
    for (const [path, line] of await loadCommands(root.folder, /\bmount\b/))
      expect([path, line, /-t (tmpfs|devpts|cgroup2|debugfs|tracefs)\b/.test(line)]).toEqual([path, line, true]);
    expect(
      await loadCommands(root.folder, /\b(swapon|fsck|mkfs|mdadm|lvm|vgchange|losetup|blkdiscard|hdparm)\b/),
    ).toEqual([]);
  });
});

describe("init", () => {
  test("process 1 is busybox, and the inittab starts what is there", async () => {
    expect(lstatSync(`${root.folder}/usr/sbin/init`).isSymbolicLink()).toBe(true);
    const services = await loadServices(root.folder);
    expect(services.map(([action]) => action)).toEqual(["sysinit", "respawn", "respawn", "respawn", "ctrlaltdel"]);
    for (const [, program] of services) expect([program, existsSync(root.folder + program)]).toEqual([program, true]);
  });

  test("every script of the image is one that its shell understands", async () => {
    const scripts = root.files.filter((path) => path.startsWith("usr/lib/vetbox/"));
    expect(scripts.length).toBeGreaterThan(5);
    for (const path of scripts) await readTool(["chroot", root.folder, "sh", "-n", `/${path}`]);
    const init = await Bun.file(`${import.meta.dir}/recipe/initrd/init`).bytes();
    await readTool(["chroot", root.folder, "busybox", "sh", "-n"], { input: init });
  });

  /** Namespaces of its own: what a script starts ends with it, and finds no network. */
  const runInRoot = (script: string): Promise<string> => {
    const namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"];
    const prepared = `mount -t proc proc /proc; mount -t tmpfs run /run; mkdir /run/vetbox; ${script}`;
    return readTool([...namespaces, "chroot", root.folder, "sh", "-c", prepared]);
  };

  test("DHCP has one client for an interface, however often udev tells of it", async () => {
    const told = await runInRoot(`
      ip link add vb0 type veth peer name vb1
      for i in 1 2 3; do INTERFACE=vb0 sh /usr/lib/vetbox/dhcp; done
      # each of the three becomes a client or ends
      while ps -e -o args= > /run/ps; grep -q -E 'vetbox/dhcp$|^setsid|^ip |^flock' /run/ps; do sleep 0.05; done
      ps -e -o pid=,ppid=,comm=`);
    const clients = [...told.matchAll(/(\d+) +(\d+) udhcpc/g)].map(([, pid, parent]) => ({ pid, parent }));
    // a client's own child has its name until it is the lease's script
    const first = clients.filter(({ parent }) => !clients.some(({ pid }) => pid === parent));
    expect(first).toHaveLength(1);
  });

  test("lldpd finds its user, its folder and its settings, and only listens", async () => {
    const told = await runInRoot(`
      sh /usr/lib/vetbox/lldpd &
      until lldpcli -f json show configuration 2>/dev/null; do sleep 0.05; done`);
    expect(JSON.parse(told)).toMatchObject({ configuration: { config: { "rx-only": "yes" } } });
  });

  test("L2: sshd is started before the agent, and by a line of its own", async () => {
    const programs = (await loadServices(root.folder))
      .filter(([action]) => action === "respawn")
      .map(([, program]) => program);
    expect(programs).toEqual(["/usr/lib/vetbox/sshd", "/usr/lib/vetbox/supervise-agent", "/usr/lib/vetbox/lldpd"]);
  });

  test("nobody gets in by a password, and no key or host key is in the image", async () => {
    const shadow = await Bun.file(`${root.folder}/etc/shadow`).text();
    for (const line of shadow.trim().split("\n")) expect(line).toMatch(/^[^:]+:[!*]/);
    const sshd = await readTool([
      "chroot",
      root.folder,
      "sh",
      "-c",
      "mkdir -p /run/sshd /run/vetbox; ssh-keygen -q -t ed25519 -N '' -f /run/vetbox/ssh_host_ed25519_key <&-; sshd -T",
    ]);
    expect(sshd).toContain("passwordauthentication no");
    expect(sshd).toContain("authenticationmethods publickey");
    expect(sshd).toContain("permitrootlogin without-password");
    expect(root.files.filter((path) => /authorized_keys|ssh_host_/.test(path))).toEqual([]);
  });
});
