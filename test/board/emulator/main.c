/*
 * emulator <empty folder> <bus name>: serves the board's files, takes orders on stdin, answers and tells of the bus on stdout, one line each. Ends with stdin, and
 * takes the folder with it.
 *
 * Runs in a mount namespace of its own (unshare --mount), which programs under test enter.
 */
#include "emulator.h"
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- clock and stdout ---- */

uint64_t now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

void wait_until_us(uint64_t when_us) {
  struct timespec time = {(time_t)(when_us / 1000000), (long)(when_us % 1000000) * 1000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) continue;
}

void tell(const char *format, ...) {
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  va_list values;
  va_start(values, format);
  pthread_mutex_lock(&mutex);
  vprintf(format, values);
  fflush(stdout);
  pthread_mutex_unlock(&mutex);
  va_end(values);
}

/* ---- FUSE ---- */

static int find_node(const char *path, struct node *node) {
  *node = (struct node){.kind = NODE_FOLDER, .number = -2};
  if (strcmp(path, "/") == 0) return 0;
  if (strcmp(path, "/i2c") == 0) return node->kind = NODE_BUS, 0;
  if (strcmp(path, "/gpio") == 0) return gpio_find("", node);
  return strncmp(path, "/gpio/", 6) == 0 ? gpio_find(path + 6, node) : -ENOENT;
}

static struct handle *handle_of(const struct fuse_file_info *info) { return (struct handle *)(uintptr_t)info->fh; }

static int on_getattr(const char *path, struct stat *about, struct fuse_file_info *info) {
  (void)info;
  struct node node;
  memset(about, 0, sizeof *about);
  int outcome = find_node(path, &node);
  bool folder = node.kind == NODE_FOLDER;
  about->st_mode = folder ? S_IFDIR | 0755 : S_IFREG | (node.kind == NODE_CHIP_FILE ? 0444 : 0644);
  about->st_nlink = folder ? 2 : 1;
  about->st_size = folder ? 0 : 4096; /* as sysfs says, whatever a read gives */
  return outcome;
}

struct listing { void *buffer; fuse_fill_dir_t fill; };
static void list_one(void *to, const char *name) {
  struct listing *listing = to;
  listing->fill(listing->buffer, name, NULL, 0, 0);
}

static int on_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info, enum fuse_readdir_flags flags) {
  (void)offset, (void)info, (void)flags;
  struct node node;
  struct listing listing = {buffer, fill};
  int outcome = find_node(path, &node);
  list_one(&listing, ".");
  list_one(&listing, "..");
  if (outcome == 0 && node.number != -2) gpio_list(&node, list_one, &listing);
  return outcome;
}

static int on_open(const char *path, struct fuse_file_info *info) {
  struct node node;
  int outcome = find_node(path, &node);
  if (outcome) return outcome;
  struct handle *handle = calloc(1, sizeof *handle);
  if (!handle) return -ENOMEM;
  handle->node = node;
  gpio_open(handle);
  info->fh = (uintptr_t)handle;
  info->direct_io = 1;
  return 0;
}

static int on_release(const char *path, struct fuse_file_info *info) {
  (void)path;
  gpio_close(handle_of(info));
  free(handle_of(info));
  return 0;
}

static int on_bus(struct handle *handle, bool read, uint8_t *bytes, size_t size) {
  i2c_begin();
  int outcome = i2c_transfer(handle->address, read, bytes, size);
  i2c_end();
  return outcome ? outcome : (int)size;
}

static int on_read(const char *path, char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path;
  char text[128];
  struct handle *handle = handle_of(info);
  if (handle->node.kind == NODE_BUS) return on_bus(handle, true, (uint8_t *)bytes, size);
  int length = gpio_read(handle, text, sizeof text);
  if (length < 0 || offset >= length) return length < 0 ? length : 0;
  if (size > (size_t)(length - offset)) size = (size_t)(length - offset);
  memcpy(bytes, text + offset, size);
  return (int)size;
}

static int on_write(const char *path, const char *bytes, size_t size, off_t offset, struct fuse_file_info *info) {
  (void)path, (void)offset;
  char text[64] = "";
  struct handle *handle = handle_of(info);
  if (handle->node.kind == NODE_BUS) return on_bus(handle, false, (uint8_t *)(uintptr_t)bytes, size);
  if (size >= sizeof text) return -EINVAL;
  memcpy(text, bytes, size);
  int outcome = gpio_write(handle, text);
  return outcome < 0 ? outcome : (int)size;
}

static int on_truncate(const char *path, off_t size, struct fuse_file_info *info) {
  (void)path, (void)size, (void)info;
  return 0;
}

static int on_ioctl(const char *path, unsigned command, void *argument, struct fuse_file_info *info, unsigned flags, void *data) {
  (void)path, (void)flags, (void)data;
  struct handle *handle = handle_of(info);
  return handle->node.kind == NODE_BUS ? smbus_ioctl(handle, command, (uintptr_t)argument, fuse_get_context()->pid) : -ENOTTY;
}

static int on_poll(const char *path, struct fuse_file_info *info, struct fuse_pollhandle *poll, unsigned *ready) {
  (void)path;
  *ready = gpio_poll(handle_of(info), poll);
  return 0;
}

static void *on_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  (void)connection;
  config->direct_io = 1;
  config->attr_timeout = config->entry_timeout = config->negative_timeout = 0;
  return NULL;
}

static const struct fuse_operations operations = {
  .init = on_init, .getattr = on_getattr, .readdir = on_readdir, .open = on_open, .release = on_release, .read = on_read,
  .write = on_write, .truncate = on_truncate, .ioctl = on_ioctl, .poll = on_poll,
};

/* ---- orders ---- */

/* `play <line> <us>:<level> ...`: levels at microseconds from now. */
static int play(int number, char *steps) {
  uint64_t start_us = now_us();
  int outcome = 0, level, used;
  unsigned long after_us;
  for (; outcome == 0 && sscanf(steps, " %lu:%d%n", &after_us, &level, &used) == 2; steps += used) {
    wait_until_us(start_us + after_us);
    outcome = gpio_set_level(number, level);
  }
  return outcome;
}

static int obey(char *order) {
  int a, b, c, used = 0;
  char word[64];
  if (sscanf(order, "chip %d %d %63s", &a, &b, word) == 3) return gpio_add_chip(a, b, word);
  if (sscanf(order, "level %d %d", &a, &b) == 2) return gpio_set_level(a, b != 0);
  if (sscanf(order, "read %d", &a) == 1) return gpio_level(a);
  if (sscanf(order, "toggle %d %d", &a, &b) == 2) return gpio_toggle(a, b);
  if (sscanf(order, "play %d%n", &a, &used) == 1) return play(a, order + used);
  if (sscanf(order, "display %x", (unsigned *)&a) == 1) return i2c_add_device(a, DEVICE_DISPLAY);
  if (sscanf(order, "registers %x", (unsigned *)&a) == 1) return i2c_add_device(a, DEVICE_REGISTERS);
  if (sscanf(order, "claim %x", (unsigned *)&a) == 1) return i2c_claim(a);
  if (sscanf(order, "plug %x %d %d", (unsigned *)&a, &b, &c) == 3) return i2c_plug(a, b != 0, c);
  if (sscanf(order, "faults %d %d", &a, &b) == 2) return i2c_set_faults((struct faults){a, b}), 0;
  return -ENOSYS;
}

static void *serve(void *fuse) {
  struct fuse_loop_config config = {.clone_fd = 0, .max_idle_threads = 10};
  fuse_loop_mt(fuse, &config);
  return NULL;
}

/* No more than `rmdir`: whatever else is in there is not ours. */
static void clear(const char *folder, const char *files, const char *staging) {
  umount2(files, MNT_DETACH);
  rmdir(files);
  rmdir(staging);
  rmdir(folder);
}

int main(int count, char **words) {
  static char order[65536], files[4096], staging[4096];
  struct fuse_args arguments = FUSE_ARGS_INIT(1, words);
  pthread_t thread;
  if (count != 3) return fprintf(stderr, "usage: emulator <empty folder> <bus name or ->\n"), 2;
  snprintf(files, sizeof files, "%s/files", words[1]);
  snprintf(staging, sizeof staging, "%s/staging", words[1]);
  if (mkdir(files, 0755) < 0 || mkdir(staging, 0755) < 0) return perror("emulator: folder"), 1;
  struct fuse *fuse = fuse_new(&arguments, &operations, sizeof operations, NULL);
  if (!fuse || fuse_mount(fuse, files) < 0 || pthread_create(&thread, NULL, serve, fuse) != 0) return 1;
  if (place_files(files, staging, strcmp(words[2], "-") == 0 ? NULL : words[2]) < 0) return perror("emulator: mount"), 1;
  tell("ready\n");
  while (fgets(order, sizeof order, stdin)) {
    int outcome = obey(order);
    if (outcome < 0) tell("error %s\n", strerrorname_np(-outcome));
    else tell("ok %d\n", outcome);
  }
  clear(words[1], files, staging);
  _exit(0); /* whoever still has a file open gets ENOTCONN */
}
