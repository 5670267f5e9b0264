/*
 * The board's lines and its I2C bus, served as files by one FUSE process. See emulator.ts for what tests do with it.
 *
 * gpio.c   /sys/class/gpio as Linux 6.12 shows it, edges included
 * i2c.c    /dev/i2c-1: the bus, its devices and its faults
 * smbus.c  the ioctls of /dev/i2c-1
 * place.c  puts the files where programs look for them, in this process's own mount namespace
 * main.c   FUSE, and the control channel on stdin and stdout
 */
#ifndef EMULATOR_H
#define EMULATOR_H

#define FUSE_USE_VERSION 35
#define _GNU_SOURCE
#include <errno.h>
#include <fuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum node_kind { NODE_NONE, NODE_FOLDER, NODE_EXPORT, NODE_UNEXPORT, NODE_CHIP_FILE, NODE_LINE_FILE, NODE_BUS };

/* What a path names. `number` is the line's or the chip's, `file` a row of its table. */
struct node {
  enum node_kind kind;
  int number;
  int file;
};

/* One open file. */
struct handle {
  struct node node;
  unsigned generation; /* of the line's export; a later one makes this handle stale */
  unsigned seen;       /* the line's event that this handle has read */
  struct fuse_pollhandle *poll;
  int address; /* on the bus, by I2C_SLAVE; before that 0, where nobody answers */
  struct handle *next;
};

/* gpio.c. Functions give 0 or more, or a negative errno. */
int gpio_add_chip(int base, int count, const char *label);
int gpio_find(const char *path, struct node *node);
void gpio_list(const struct node *node, void (*fill)(void *to, const char *name), void *to);
void gpio_open(struct handle *handle);
void gpio_close(struct handle *handle);
int gpio_read(struct handle *handle, char *text, size_t size);
int gpio_write(struct handle *handle, const char *text);
unsigned gpio_poll(struct handle *handle, struct fuse_pollhandle *poll);
int gpio_set_level(int number, int level);
int gpio_toggle(int number, int count);
int gpio_level(int number);

/* i2c.c */
enum device_kind { DEVICE_DISPLAY, DEVICE_REGISTERS };
struct faults {
  int nak_every;       /* every so many transfers the address is not answered; 0 is never */
  int us_per_byte;     /* bus time of a byte, the address included */
};
int i2c_add_device(int address, enum device_kind kind);
int i2c_plug(int address, bool present, int after_bytes);
int i2c_claim(int address);
bool i2c_is_claimed(int address);
void i2c_set_faults(struct faults faults);
int i2c_transfer(int address, bool read, uint8_t *bytes, size_t count);
void i2c_begin(void);
void i2c_end(void);

/* smbus.c: one ioctl of the calling thread `caller`, in whose memory the arguments lie. */
int smbus_ioctl(struct handle *handle, unsigned command, uintptr_t argument, pid_t caller);

/* place.c */
int place_files(const char *files, const char *staging, const char *bus_name);

/* main.c: a line to whoever controls the emulator, and microseconds of CLOCK_MONOTONIC. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
uint64_t now_us(void);
void wait_until_us(uint64_t when_us);

#endif
