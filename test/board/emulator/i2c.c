/*
 * The bus: devices that answer to addresses, faults, and the time that bytes take. Every transfer is told to whoever controls the emulator.
 *
 * A byte that nobody acknowledges is EREMOTEIO, as i2c-bcm2835 and i2c-tiny-usb of Linux report it.
 */
#include "emulator.h"
#include <pthread.h>
#include <string.h>

#define MAX_DEVICES 8
#define REGISTERS 256
#define DEVICE_ID 0x7c /* reserved (UM10204 3.1.17): devices tell there who made them, if asked by their address */

static struct device {
  int address;
  enum device_kind kind;
  bool present;
  int bytes_left; /* until it is pulled out; -1 is for good */
  uint8_t registers[REGISTERS];
  uint8_t pointer;
} devices[MAX_DEVICES];
static int device_count;
static bool claimed[128];
static struct faults faults;
static long transfers;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static struct device *find(int address) {
  for (int i = 0; i < device_count; i += 1)
    if (devices[i].address == address) return &devices[i];
  return NULL;
}

int i2c_add_device(int address, enum device_kind kind) {
  if (device_count == MAX_DEVICES || address < 0 || address > 0x7f || find(address)) return -EINVAL;
  devices[device_count++] = (struct device){.address = address, .kind = kind, .present = true, .bytes_left = -1};
  return 0;
}

int i2c_plug(int address, bool present, int after_bytes) {
  struct device *device = find(address);
  if (!device) return -ENODEV;
  pthread_mutex_lock(&mutex);
  device->present = present || after_bytes > 0;
  device->bytes_left = present ? -1 : after_bytes;
  if (present) tell("plugged %02x\n", address); /* in its place among the transfers: the device starts afresh here */
  pthread_mutex_unlock(&mutex);
  return 0;
}

/* As if a kernel driver were bound to the address: I2C_SLAVE answers EBUSY there. */
int i2c_claim(int address) {
  if (address < 0 || address > 0x7f) return -EINVAL;
  claimed[address] = true;
  return 0;
}

bool i2c_is_claimed(int address) { return claimed[address]; }

void i2c_set_faults(struct faults wanted) {
  pthread_mutex_lock(&mutex);
  faults = wanted;
  transfers = 0;
  pthread_mutex_unlock(&mutex);
}

/* One master at a time. A transfer of several messages keeps the bus between them. */
void i2c_begin(void) { pthread_mutex_lock(&mutex); }
void i2c_end(void) { pthread_mutex_unlock(&mutex); }

/* A register file: the first byte written is the register, the others go there and on; reading goes on from the last. */
static void exchange_registers(struct device *device, bool read, uint8_t *bytes, size_t count) {
  if (!read && count > 0) device->pointer = bytes[0];
  for (size_t i = read ? 0 : 1; i < count; i += 1) {
    uint8_t *place = &device->registers[device->pointer++];
    if (read) bytes[i] = *place;
    else *place = bytes[i];
  }
}

/* Register files are Analog Devices' (5), part 1, revision 2. */
static bool exchange_id(bool read, uint8_t *bytes, size_t count) {
  static const uint8_t id[3] = {0x00, 0x50, 0x0a};
  static struct device *asked;
  if (!read) asked = count == 1 ? find(bytes[0] >> 1) : NULL;
  if (!asked || !asked->present || asked->kind != DEVICE_REGISTERS) return false;
  for (size_t i = 0; read && i < count; i += 1) bytes[i] = i < sizeof id ? id[i] : 0xff;
  return true;
}

static void report(int address, bool read, bool acknowledged, const uint8_t *bytes, size_t count) {
  static char hex[2 * 65536 + 1];
  static const char digits[] = "0123456789abcdef";
  if (count > 65536) count = 65536;
  for (size_t i = 0; i < count; i += 1) {
    hex[2 * i] = digits[bytes[i] >> 4];
    hex[2 * i + 1] = digits[bytes[i] & 15];
  }
  hex[2 * count] = '\0';
  tell("bus %llu %c %02x %s %s\n", (unsigned long long)now_us(), read ? 'r' : 'w', address, acknowledged ? "ack" : "nak", count ? hex : "-");
}

/* One message on the bus, which the caller holds. Gives 0 or -EREMOTEIO; of a message that breaks off, the device has the bytes before. */
int i2c_transfer(int address, bool read, uint8_t *bytes, size_t count) {
  struct device *device = find(address);
  bool answers = !(faults.nak_every && ++transfers % faults.nak_every == 0);
  if (answers) answers = address == DEVICE_ID ? exchange_id(read, bytes, count) : device && device->present;
  size_t done = answers ? count : 0;
  if (answers && device && device->bytes_left >= 0 && (size_t)device->bytes_left <= count) {
    done = (size_t)device->bytes_left;
    device->present = answers = false;
  } else if (answers && device && device->bytes_left >= 0) device->bytes_left -= (int)count;
  if (faults.us_per_byte) wait_until_us(now_us() + (uint64_t)faults.us_per_byte * (done + 1));
  if (done > 0 && device && device->kind == DEVICE_REGISTERS) exchange_registers(device, read, bytes, done);
  if (done > 0 && read && device && device->kind == DEVICE_DISPLAY) memset(bytes, 0, done); /* its status: ready */
  report(address, read, answers, bytes, done);
  return answers ? 0 : -EREMOTEIO;
}
