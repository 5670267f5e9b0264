/**
 * A boot sector that says a line on the first serial port: the smallest operating system that proves that a disk was booted from.
 *
 * Real mode, loaded at 0000:7C00 by any BIOS. Opcodes are from the Intel SDM, volume 2; the UART's registers from the 16550's data sheet;
 * the power registers are ICH9's at the address where SeaBIOS maps them on q35 (PM base 0x600; ACPI 6.5, 4.8.3).
 */

/** What the program does after its line. */
export type BootSectorEnd =
  /** Sleeps for ever. */
  | "halt"
  /** Sleeps until the power button (ACPI) is pressed, then powers off, as an operating system would. */
  | "power-button"
  /** Powers off at once. */
  | "power-off"
  /** Resets the machine at once. */
  | "reset";

const SECTOR_BYTES = 512;
/** Partition entries begin here; code and text end before it, so the sector can carry a table, too. */
const CODE_MAX_BYTES = 446;

const PREPARE = [
  ...[0xfa, 0x31, 0xc0], // cli; xor ax,ax
  ...[0x8e, 0xd8, 0x8e, 0xd0, 0xbc, 0x00, 0x7c], // mov ds,ax; mov ss,ax; mov sp,0x7c00
  ...[0xfc], // cld
] as const;

/** Writes the text at SI, up to its zero byte, waiting for room in the transmitter (line status, bit 5) before each character. */
const PRINT = [
  ...[0xac, 0x84, 0xc0, 0x74, 0x12], // next: lodsb; test al,al; jz done
  ...[0x88, 0xc4, 0xba, 0xfd, 0x03], // mov ah,al; mov dx,0x3fd
  ...[0xec, 0xa8, 0x20, 0x74, 0xfb], // wait: in al,dx; test al,0x20; jz wait
  ...[0x88, 0xe0, 0xba, 0xf8, 0x03, 0xee], // mov al,ah; mov dx,0x3f8; out dx,al
  ...[0xeb, 0xe9], // jmp next
] as const;

const POWER_OFF = [
  ...[0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef], // mov dx,0x604 (PM1_CNT); mov ax,0x2000 (SLP_EN, S5); out dx,ax
  ...[0xf4, 0xeb, 0xfd], // sleep: hlt; jmp sleep
] as const;

const ENDS: Readonly<Record<BootSectorEnd, readonly number[]>> = {
  halt: [0xf4, 0xeb, 0xfd], // sleep: hlt; jmp sleep
  "power-button": [
    ...[0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, 0xef], // mov dx,0x602 (PM1_EN); mov ax,0x0100 (PWRBTN_EN); out dx,ax
    // Interrupts on: the BIOS's clock tick ends each `hlt`, 18 times a second.
    ...[0xfb, 0xba, 0x00, 0x06], // sti; mov dx,0x600 (PM1_STS)
    ...[0xf4, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf9], // wait: hlt; in ax,dx; test ah,1 (PWRBTN_STS); jz wait
    ...POWER_OFF,
  ],
  "power-off": POWER_OFF,
  reset: [0xba, 0xf9, 0x0c, 0xb0, 0x06, 0xee, 0xf4], // mov dx,0xcf9; mov al,6 (hard reset); out dx,al; hlt
};

/** The sector's 512 bytes. The text is printable ASCII; a line end is added. */
export const renderBootSector = (text: string, end: BootSectorEnd): Uint8Array => {
  const line = new TextEncoder().encode(`${text}\r\n\0`);
  const beforeText = PREPARE.length + 3 + PRINT.length + ENDS[end].length;
  const at = 0x7c00 + beforeText;
  const code = [...PREPARE, 0xbe, at & 0xff, at >> 8, ...PRINT, ...ENDS[end], ...line]; // mov si,text
  if (code.length > CODE_MAX_BYTES) throw new RangeError(`the text has ${code.length - CODE_MAX_BYTES} bytes too many`);
  const sector = new Uint8Array(SECTOR_BYTES);
  sector.set(code);
  sector.set([0x55, 0xaa], SECTOR_BYTES - 2); // the mark by which a BIOS knows a boot sector
  return sector;
};
