/*
 * Puts the emulated files where programs look for them, in the mount namespace of this process only. What the machine has besides stays where it is: the folder that
 * lacks a place for them is rebuilt on a tmpfs out of bind mounts of everything in it.
 */
#include "emulator.h"
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096

static int touch(const char *path) {
  int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
  return fd < 0 ? -1 : close(fd);
}

/* One entry of the old folder at its place in the new one. */
static int carry_over(const char *from, const char *to) {
  struct stat about;
  char target[PATH_BYTES];
  if (lstat(from, &about) < 0) return 0; /* gone meanwhile */
  if (S_ISLNK(about.st_mode)) {
    ssize_t length = readlink(from, target, sizeof target - 1);
    if (length < 0) return -1;
    target[length] = '\0';
    return symlink(target, to);
  }
  if ((S_ISDIR(about.st_mode) ? mkdir(to, 0755) : touch(to)) < 0) return -1;
  return mount(from, to, NULL, MS_BIND | MS_REC, NULL);
}

/* The same folder, on a tmpfs, so that entries can be added that nobody outside sees. */
static int make_room(const char *folder, const char *staging) {
  char from[PATH_BYTES], to[PATH_BYTES];
  if (mount("emulator", staging, "tmpfs", 0, "mode=755") < 0) return -1;
  DIR *entries = opendir(folder);
  if (!entries) return -1;
  int outcome = 0;
  for (struct dirent *one; outcome == 0 && (one = readdir(entries));) {
    if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
    snprintf(from, sizeof from, "%s/%s", folder, one->d_name);
    snprintf(to, sizeof to, "%s/%s", staging, one->d_name);
    outcome = carry_over(from, to);
  }
  closedir(entries);
  return outcome < 0 ? outcome : mount(staging, folder, NULL, MS_MOVE, NULL);
}

static int place(const char *served, const char *folder, const char *name, bool is_folder, const char *staging) {
  char target[PATH_BYTES];
  snprintf(target, sizeof target, "%s/%s", folder, name);
  if (access(target, F_OK) < 0) {
    if (make_room(folder, staging) < 0) return -1;
    if ((is_folder ? mkdir(target, 0755) : touch(target)) < 0) return -1;
  }
  return mount(served, target, NULL, MS_BIND, NULL);
}

/* `<files>/gpio` as /sys/class/gpio, and, if the bus has a name, `<files>/i2c` as /dev/<bus_name>. `staging` is an empty folder. */
int place_files(const char *files, const char *staging, const char *bus_name) {
  char served[PATH_BYTES];
  snprintf(served, sizeof served, "%s/gpio", files);
  if (place(served, "/sys/class", "gpio", true, staging) < 0) return -1;
  snprintf(served, sizeof served, "%s/i2c", files);
  return bus_name ? place(served, "/dev", bus_name, false, staging) : 0;
}
