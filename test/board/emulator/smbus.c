/*
 * The ioctls of /dev/i2c-N (drivers/i2c/i2c-dev.c). They pass pointers, which FUSE does not follow for a mere file, so the caller's memory is read and written with
 * process_vm_readv(2). SMBus calls become messages on the bus, as i2c_smbus_xfer_emulated() of i2c-core-smbus.c makes them.
 */
#include "emulator.h"
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>
#include <sys/uio.h>

#define MAX_MESSAGES 4
#define MAX_MESSAGE_BYTES 512

/* What i2c-bcm2835 offers, and block reads besides. */
static const unsigned long functions = I2C_FUNC_I2C | I2C_FUNC_SMBUS_EMUL | I2C_FUNC_SMBUS_READ_BLOCK_DATA;

static int peek(pid_t caller, uintptr_t from, void *to, size_t size) {
  struct iovec here = {to, size}, there = {(void *)from, size};
  return process_vm_readv(caller, &here, 1, &there, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static int poke(pid_t caller, uintptr_t to, const void *from, size_t size) {
  struct iovec here = {(void *)(uintptr_t)from, size}, there = {(void *)to, size};
  return process_vm_writev(caller, &here, 1, &there, 1, 0) == (ssize_t)size ? 0 : -EFAULT;
}

static int set_address(struct handle *handle, uintptr_t address, bool force) {
  if (address > 0x7f) return -EINVAL;
  if (!force && i2c_is_claimed((int)address)) return -EBUSY;
  handle->address = (int)address;
  return 0;
}

/* Bytes that each SMBus call writes after its command, or reads; blocks carry their own number. */
static size_t payload_bytes(uint32_t size, const union i2c_smbus_data *data) {
  switch (size) {
    case I2C_SMBUS_BYTE_DATA: return 1;
    case I2C_SMBUS_WORD_DATA: return 2;
    case I2C_SMBUS_BLOCK_DATA: return (size_t)data->block[0] + 1; /* its length is on the wire */
    case I2C_SMBUS_I2C_BLOCK_DATA: return data->block[0];
    default: return 0;
  }
}

static uint8_t *payload_of(uint32_t size, union i2c_smbus_data *data) { return size == I2C_SMBUS_I2C_BLOCK_DATA ? data->block + 1 : data->block; }

static int smbus_write(int address, uint8_t command, uint32_t size, union i2c_smbus_data *data) {
  uint8_t message[1 + I2C_SMBUS_BLOCK_MAX + 1] = {command};
  size_t count = payload_bytes(size, data);
  if (size == I2C_SMBUS_QUICK) return i2c_transfer(address, false, message, 0);
  memcpy(message + 1, payload_of(size, data), count);
  return i2c_transfer(address, false, message, 1 + count);
}

static int smbus_read(int address, uint8_t command, uint32_t size, union i2c_smbus_data *data) {
  if (size == I2C_SMBUS_QUICK) return i2c_transfer(address, true, data->block, 0);
  if (size == I2C_SMBUS_BYTE) return i2c_transfer(address, true, &data->byte, 1);
  int outcome = i2c_transfer(address, false, &command, 1);
  if (outcome == 0 && size == I2C_SMBUS_BLOCK_DATA) { /* the device says how many will come */
    outcome = i2c_transfer(address, true, data->block, 1);
    if (outcome == 0 && (data->block[0] == 0 || data->block[0] > I2C_SMBUS_BLOCK_MAX)) return -EPROTO;
    return outcome ? outcome : i2c_transfer(address, true, data->block + 1, data->block[0]);
  }
  return outcome ? outcome : i2c_transfer(address, true, payload_of(size, data), payload_bytes(size, data));
}

static int smbus(struct handle *handle, uintptr_t argument, pid_t caller) {
  struct i2c_smbus_ioctl_data call;
  union i2c_smbus_data data = {.block = {0}};
  int outcome = peek(caller, argument, &call, sizeof call);
  if (outcome) return outcome;
  uintptr_t place = (uintptr_t)call.data;
  if (call.size == I2C_SMBUS_PROC_CALL || call.size == I2C_SMBUS_BLOCK_PROC_CALL || call.size > I2C_SMBUS_I2C_BLOCK_DATA) return -EINVAL;
  bool has_data = call.size != I2C_SMBUS_QUICK && !(call.size == I2C_SMBUS_BYTE && call.read_write == I2C_SMBUS_WRITE);
  if (has_data && !place) return -EINVAL;
  if (has_data && (outcome = peek(caller, place, &data, sizeof data))) return outcome;
  bool block = call.size == I2C_SMBUS_BLOCK_DATA || call.size == I2C_SMBUS_I2C_BLOCK_DATA;
  bool asks_length = block && !(call.size == I2C_SMBUS_BLOCK_DATA && call.read_write == I2C_SMBUS_READ);
  if (asks_length && data.block[0] > I2C_SMBUS_BLOCK_MAX) return -EINVAL;
  i2c_begin();
  outcome = (call.read_write == I2C_SMBUS_READ ? smbus_read : smbus_write)(handle->address, call.command, call.size, &data);
  i2c_end();
  if (outcome || call.read_write != I2C_SMBUS_READ || !has_data) return outcome;
  return poke(caller, place, &data, sizeof data);
}

/* I2C_RDWR: several messages in one go. */
static int combined(uintptr_t argument, pid_t caller) {
  struct i2c_rdwr_ioctl_data call;
  struct i2c_msg messages[MAX_MESSAGES];
  uint8_t bytes[MAX_MESSAGE_BYTES];
  int outcome = peek(caller, argument, &call, sizeof call);
  if (outcome) return outcome;
  if (call.nmsgs == 0 || call.nmsgs > MAX_MESSAGES) return -EINVAL;
  if ((outcome = peek(caller, (uintptr_t)call.msgs, messages, call.nmsgs * sizeof messages[0]))) return outcome;
  i2c_begin();
  for (unsigned i = 0; i < call.nmsgs && outcome == 0; i += 1) {
    const struct i2c_msg *one = &messages[i];
    bool read = one->flags & I2C_M_RD;
    if (one->len > sizeof bytes) outcome = -EINVAL;
    if (outcome == 0 && !read) outcome = peek(caller, (uintptr_t)one->buf, bytes, one->len);
    if (outcome == 0) outcome = i2c_transfer(one->addr, read, bytes, one->len);
    if (outcome == 0 && read) outcome = poke(caller, (uintptr_t)one->buf, bytes, one->len);
  }
  i2c_end();
  return outcome ? outcome : (int)call.nmsgs;
}

int smbus_ioctl(struct handle *handle, unsigned command, uintptr_t argument, pid_t caller) {
  switch (command) {
    case I2C_SLAVE: return set_address(handle, argument, false);
    case I2C_SLAVE_FORCE: return set_address(handle, argument, true);
    case I2C_FUNCS: return poke(caller, argument, &functions, sizeof functions);
    case I2C_SMBUS: return smbus(handle, argument, caller);
    case I2C_RDWR: return combined(argument, caller);
    default: return -ENOTTY;
  }
}
