/*
 * /sys/class/gpio as drivers/gpio/gpiolib-sysfs.c of Linux 6.12 has it, with the poll() of fs/kernfs/file.c: an edge counts an event up; a handle whose last read
 * is older than the event polls as POLLPRI|POLLERR. A handle that has read nothing is older than everything.
 */
#include "emulator.h"
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_LINES 1024
#define MAX_CHIPS 8
#define READER_LIMIT_S 10

enum { RISING = 1, FALLING = 2 };

static struct {
  bool exists, exported, output, active_low;
  int edges;
  int level; /* electrical */
  unsigned event, generation;
} lines[MAX_LINES];

static struct { int base, count; char label[64]; } chips[MAX_CHIPS];
static int chip_count;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t was_read = PTHREAD_COND_INITIALIZER;
static struct handle *handles;

int gpio_add_chip(int base, int count, const char *label) {
  if (chip_count == MAX_CHIPS || base < 0 || count < 1 || base + count > MAX_LINES) return -EINVAL;
  chips[chip_count].base = base;
  chips[chip_count].count = count;
  snprintf(chips[chip_count++].label, sizeof chips->label, "%s", label);
  for (int number = base; number < base + count; number += 1) {
    lines[number].exists = true;
    lines[number].level = 1; /* as with a pull-up and nothing pressed */
  }
  return 0;
}

/* ---- levels and edges; all with the mutex held ---- */

static int logical(int number) { return lines[number].level ^ lines[number].active_low; }

static void wake(int number) {
  for (struct handle *one = handles; one; one = one->next)
    if (one->node.kind == NODE_LINE_FILE && one->node.number == number && one->poll) fuse_notify_poll(one->poll);
}

static void set_level(int number, int level) {
  if (lines[number].level == level) return;
  lines[number].level = level;
  if (!(lines[number].edges & (logical(number) ? RISING : FALLING))) return;
  lines[number].event += 1;
  wake(number);
}

static bool is_input(int number) { return number >= 0 && number < MAX_LINES && lines[number].exists && !lines[number].output; }

int gpio_set_level(int number, int level) {
  if (!is_input(number)) return -EPERM;
  pthread_mutex_lock(&mutex);
  set_level(number, level);
  pthread_mutex_unlock(&mutex);
  return 0;
}

int gpio_level(int number) { return number >= 0 && number < MAX_LINES && lines[number].exists ? lines[number].level : -EINVAL; }

static bool all_have_read(int number) {
  for (struct handle *one = handles; one; one = one->next)
    if (one->node.kind == NODE_LINE_FILE && one->node.number == number && one->poll && one->seen != lines[number].event) return false;
  return true;
}

/* Changes the level so often, each time only after whoever polls has read the one before: no edge may be lost, however slow the reader. */
int gpio_toggle(int number, int count) {
  if (!is_input(number)) return -EPERM;
  struct timespec limit;
  clock_gettime(CLOCK_REALTIME, &limit);
  limit.tv_sec += READER_LIMIT_S;
  int outcome = 0;
  pthread_mutex_lock(&mutex);
  for (int i = 0; i < count && outcome == 0; i += 1) {
    set_level(number, !lines[number].level);
    while (outcome == 0 && !all_have_read(number)) outcome = -pthread_cond_timedwait(&was_read, &mutex, &limit);
  }
  pthread_mutex_unlock(&mutex);
  return outcome;
}

/* ---- the files ---- */

static const char *const edge_names[] = {"none", "rising", "falling", "both"};

/* As sysfs_streq(): one trailing newline does not count. */
static bool is_word(const char *text, const char *word) {
  size_t length = strlen(word);
  return strncmp(text, word, length) == 0 && (text[length] == '\0' || (text[length] == '\n' && text[length + 1] == '\0'));
}

static int parse_number(const char *text, long *number) {
  char *end;
  errno = 0;
  *number = strtol(text, &end, 0);
  return errno != 0 || end == text || (*end != '\0' && *end != '\n') ? -EINVAL : 0;
}

static int show_direction(int n, char *text, size_t size) { return snprintf(text, size, "%s\n", lines[n].output ? "out" : "in"); }
static int show_edge(int n, char *text, size_t size) { return snprintf(text, size, "%s\n", edge_names[lines[n].edges]); }
static int show_value(int n, char *text, size_t size) { return snprintf(text, size, "%d\n", logical(n)); }
static int show_active_low(int n, char *text, size_t size) { return snprintf(text, size, "%d\n", lines[n].active_low); }
static int show_base(int n, char *text, size_t size) { return snprintf(text, size, "%d\n", chips[n].base); }
static int show_label(int n, char *text, size_t size) { return snprintf(text, size, "%s\n", chips[n].label); }
static int show_count(int n, char *text, size_t size) { return snprintf(text, size, "%d\n", chips[n].count); }

static int store_direction(int n, const char *text) {
  if (is_word(text, "in")) return lines[n].output = false;
  if (!is_word(text, "out") && !is_word(text, "low") && !is_word(text, "high")) return -EINVAL;
  if (lines[n].edges) return -EIO; /* a line in use as an interrupt cannot drive */
  lines[n].output = true;
  set_level(n, is_word(text, "high")); /* electrical, whatever active_low says */
  return 0;
}

static int store_edge(int n, const char *text) {
  for (int edges = 0; edges <= (RISING | FALLING); edges += 1) {
    if (!is_word(text, edge_names[edges])) continue;
    if (edges && lines[n].output) return -EIO;
    lines[n].edges = edges;
    return 0;
  }
  return -EINVAL;
}

static int store_value(int n, const char *text) {
  long value;
  if (!lines[n].output) return -EPERM;
  if (parse_number(text, &value)) return -EINVAL;
  set_level(n, (value != 0) ^ lines[n].active_low);
  return 0;
}

static int store_active_low(int n, const char *text) {
  long value;
  if (parse_number(text, &value)) return -EINVAL;
  lines[n].active_low = value != 0;
  return 0;
}

struct file {
  const char *name;
  int (*show)(int number, char *text, size_t size);
  int (*store)(int number, const char *text);
};
static const struct file line_files[] = {
  {"direction", show_direction, store_direction},
  {"edge", show_edge, store_edge},
  {"value", show_value, store_value},
  {"active_low", show_active_low, store_active_low},
};
static const struct file chip_files[] = {{"base", show_base, NULL}, {"label", show_label, NULL}, {"ngpio", show_count, NULL}};
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static int find_file(const struct file *files, int count, const char *name) {
  for (int i = 0; i < count; i += 1)
    if (strcmp(files[i].name, name) == 0) return i;
  return -ENOENT;
}

/* The path below /sys/class/gpio, without a slash at its start. */
int gpio_find(const char *path, struct node *node) {
  char name[32] = "";
  int number;
  *node = (struct node){.kind = NODE_FOLDER, .number = -1, .file = -1};
  if (path[0] == '\0') return 0;
  if (strcmp(path, "export") == 0) return node->kind = NODE_EXPORT, 0;
  if (strcmp(path, "unexport") == 0) return node->kind = NODE_UNEXPORT, 0;
  if (sscanf(path, "gpiochip%d/%31s", &number, name) >= 1) {
    for (int chip = 0; chip < chip_count; chip += 1) {
      if (chips[chip].base != number) continue;
      *node = (struct node){.kind = name[0] ? NODE_CHIP_FILE : NODE_FOLDER, .number = chip, .file = COUNT(line_files)};
      if (name[0]) node->file = find_file(chip_files, COUNT(chip_files), name);
      return node->file < 0 ? -ENOENT : 0;
    }
    return -ENOENT;
  }
  if (sscanf(path, "gpio%d/%31s", &number, name) < 1) return -ENOENT;
  if (number < 0 || number >= MAX_LINES || !lines[number].exported) return -ENOENT;
  *node = (struct node){.kind = name[0] ? NODE_LINE_FILE : NODE_FOLDER, .number = number, .file = 0};
  if (name[0]) node->file = find_file(line_files, COUNT(line_files), name);
  return node->file < 0 ? -ENOENT : 0;
}

/* Names in a folder: in the topmost (number -1), in a chip's (file beyond the line's files) or in a line's. */
void gpio_list(const struct node *node, void (*fill)(void *to, const char *name), void *to) {
  char name[32];
  if (node->number >= 0) {
    bool chip = node->file == COUNT(line_files);
    for (int i = 0; i < (chip ? COUNT(chip_files) : COUNT(line_files)); i += 1) fill(to, chip ? chip_files[i].name : line_files[i].name);
    return;
  }
  fill(to, "export");
  fill(to, "unexport");
  for (int chip = 0; chip < chip_count; chip += 1) {
    snprintf(name, sizeof name, "gpiochip%d", chips[chip].base);
    fill(to, name);
  }
  for (int number = 0; number < MAX_LINES; number += 1) {
    if (!lines[number].exported) continue;
    snprintf(name, sizeof name, "gpio%d", number);
    fill(to, name);
  }
}

/* ---- what is done with an open file ---- */

static bool is_stale(const struct handle *handle) {
  return handle->node.kind == NODE_LINE_FILE && handle->generation != lines[handle->node.number].generation;
}

void gpio_open(struct handle *handle) {
  pthread_mutex_lock(&mutex);
  if (handle->node.kind == NODE_LINE_FILE) {
    handle->generation = lines[handle->node.number].generation;
    handle->seen = lines[handle->node.number].event - 1;
  }
  handle->next = handles;
  handles = handle;
  pthread_mutex_unlock(&mutex);
}

void gpio_close(struct handle *handle) {
  pthread_mutex_lock(&mutex);
  for (struct handle **link = &handles; *link; link = &(*link)->next) {
    if (*link != handle) continue;
    *link = handle->next;
    break;
  }
  if (handle->poll) fuse_pollhandle_destroy(handle->poll);
  pthread_cond_broadcast(&was_read);
  pthread_mutex_unlock(&mutex);
}

static int export_line(const char *text, bool wanted) {
  long number;
  if (parse_number(text, &number) || number < 0 || number >= MAX_LINES || !lines[number].exists) return -EINVAL;
  if (lines[number].exported == wanted) return wanted ? -EBUSY : -EINVAL;
  lines[number].exported = wanted;
  if (wanted) return 0;
  lines[number].generation += 1;
  lines[number].edges = 0;
  lines[number].active_low = false;
  wake((int)number);
  return 0;
}

int gpio_read(struct handle *handle, char *text, size_t size) {
  pthread_mutex_lock(&mutex);
  int number = handle->node.number, length = -EIO;
  if (is_stale(handle)) length = -ENODEV;
  else if (handle->node.kind == NODE_CHIP_FILE) length = chip_files[handle->node.file].show(number, text, size);
  else if (handle->node.kind == NODE_LINE_FILE) {
    length = line_files[handle->node.file].show(number, text, size);
    handle->seen = lines[number].event;
    pthread_cond_broadcast(&was_read);
  }
  pthread_mutex_unlock(&mutex);
  return length;
}

int gpio_write(struct handle *handle, const char *text) {
  pthread_mutex_lock(&mutex);
  int outcome = -EACCES;
  if (is_stale(handle)) outcome = -ENODEV;
  else if (handle->node.kind == NODE_EXPORT) outcome = export_line(text, true);
  else if (handle->node.kind == NODE_UNEXPORT) outcome = export_line(text, false);
  else if (handle->node.kind == NODE_LINE_FILE) outcome = line_files[handle->node.file].store(handle->node.number, text);
  pthread_mutex_unlock(&mutex);
  return outcome;
}

unsigned gpio_poll(struct handle *handle, struct fuse_pollhandle *poll) {
  unsigned ready = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;
  pthread_mutex_lock(&mutex);
  if (poll) {
    if (handle->poll) fuse_pollhandle_destroy(handle->poll);
    handle->poll = poll;
  }
  if (handle->node.kind == NODE_LINE_FILE && (is_stale(handle) || handle->seen != lines[handle->node.number].event)) ready |= POLLPRI | POLLERR;
  pthread_mutex_unlock(&mutex);
  return ready;
}
