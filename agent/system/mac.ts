/** The six bytes of a MAC as it is written everywhere here: `52:54:00:a1:b2:c3`. Throws a RangeError for anything else. Pure. */
export const macBytes = (mac: string): readonly number[] => {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) throw new RangeError(`not a MAC address: ${JSON.stringify(mac)}`);
  return mac.split(":").map((pair) => Number.parseInt(pair, 16));
};
