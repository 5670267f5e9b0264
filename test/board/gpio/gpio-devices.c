/*
 * GPIO chips as the character device shows them, for tests on machines without any: answers the ioctls of version 2 with the kernel's own structures, so that what is
 * written by hand in board/gpio/chardev-abi.ts is held against <linux/gpio.h>.
 *
 * A chip is a file that holds "<label> <lines>". Requested lines are a pipe, as edges come from a descriptor too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct gpio_v2_line_request held;
static uint64_t active; /* bit n is the line that was requested as number n */
static int pipe_in = -1;
static int busy_offset = -1, gone;
static uint32_t seqno, line_seqno[GPIO_V2_LINES_MAX];

static int chip_info(int fd, struct gpiochip_info *info) {
  char text[64] = {0};
  if (pread(fd, text, sizeof text - 1, 0) < 0) return -errno;
  memset(info, 0, sizeof *info);
  return sscanf(text, "%31s %u", info->label, &info->lines) == 2 ? 0 : -ENOTTY;
}

static int get_line(struct gpio_v2_line_request *request) {
  if (request->num_lines == 0 || request->num_lines > GPIO_V2_LINES_MAX) return -EINVAL;
  for (unsigned index = 0; index < request->num_lines; index += 1)
    if ((int)request->offsets[index] == busy_offset) return -EBUSY;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
  request->fd = ends[0];
  pipe_in = ends[1];
  held = *request;
  active = 0;
  seqno = 0;
  memset(line_seqno, 0, sizeof line_seqno);
  gone = 0;
  return 0;
}

static int get_values(struct gpio_v2_line_values *values) {
  if (gone) return -ENODEV;
  values->bits = active & values->mask;
  return 0;
}

/* ioctl(2), but errors come back as negative numbers. */
int devices_ioctl(int fd, uint64_t request, void *argument) {
  switch (request) {
  case GPIO_GET_CHIPINFO_IOCTL: return chip_info(fd, argument);
  case GPIO_V2_GET_LINE_IOCTL: return get_line(argument);
  case GPIO_V2_LINE_GET_VALUES_IOCTL: return get_values(argument);
  default: return -ENOTTY;
  }
}

static int index_of(unsigned offset) {
  for (unsigned index = 0; index < held.num_lines; index += 1)
    if (held.offsets[index] == offset) return (int)index;
  return -1;
}

/* A line goes active or not, `lost` events that nobody heard of before it, stamped so many ns ago. `bytes` of the event are written, for a reader that gets it in parts. */
int devices_edge(unsigned offset, int is_active, unsigned lost, uint64_t ago_ns, int from, int bytes) {
  int index = index_of(offset);
  if (index < 0) return -EINVAL;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  static struct gpio_v2_line_event event;
  if (from == 0) {
    active = is_active ? active | 1ull << index : active & ~(1ull << index);
    seqno += lost + 1;
    line_seqno[index] += lost + 1;
    memset(&event, 0, sizeof event);
    event.timestamp_ns = (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec - ago_ns;
    event.id = is_active ? GPIO_V2_LINE_EVENT_RISING_EDGE : GPIO_V2_LINE_EVENT_FALLING_EDGE;
    event.offset = offset;
    event.seqno = seqno;
    event.line_seqno = line_seqno[index];
  }
  return (int)write(pipe_in, (char *)&event + from, bytes < 0 ? sizeof event : (size_t)bytes);
}

void devices_busy(int offset) { busy_offset = offset; }

/* The chip is unplugged. */
void devices_gone(void) {
  gone = 1;
  close(pipe_in);
}

/* Whether exactly these flags were asked for, for this consumer. */
int devices_asked(const char *consumer) {
  uint64_t flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING | GPIO_V2_LINE_FLAG_BIAS_PULL_UP;
  return held.config.flags == flags && held.config.num_attrs == 0 && strcmp(held.consumer, consumer) == 0;
}

/* sizeof of the four structures, in the order of chardev-abi.ts. */
unsigned devices_size(int which) {
  const unsigned sizes[] = {sizeof(struct gpiochip_info), sizeof(struct gpio_v2_line_request), sizeof(struct gpio_v2_line_values), sizeof(struct gpio_v2_line_event)};
  return sizes[which];
}
