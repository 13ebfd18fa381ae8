/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/runtime.h"
#include "host/account-file.h"
#include "host/environment.h"
#include "host/proc-file.h"
#include "host/virtualization.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Takes the string into the backing store and hands it out as a specifier's value. */
static int own(HostInfo *h, char *s, const char **ret) {
        int r;

        if (!s)
                return -ENOMEM;
        r = strv_push(&h->owned, s);
        if (r < 0)
                return r;
        *ret = s;
        return 0;
}

static int own_copy(HostInfo *h, const char *s, const char **ret) {
        return own(h, strdup(s), ret);
}

/* uname's words and systemd's, systemd.unit(5) ConditionArchitecture= */
static const char *architecture_of(const char *machine) {
        static const struct {
                const char *machine, *name;
        } known[] = {
                { "x86_64", "x86-64" },
                { "aarch64", "arm64" },
                { "i686", "x86" },
                { "i586", "x86" },
                { "i486", "x86" },
                { "i386", "x86" },
                { "armv7l", "arm" },
                { "armv6l", "arm" },
                { "armv8l", "arm" },
                { "ppc64le", "ppc64-le" },
                { "ppc64", "ppc64" },
                { "ppc", "ppc" },
                { "s390x", "s390x" },
                { "s390", "s390" },
                { "riscv64", "riscv64" },
                { "riscv32", "riscv32" },
                { "mips64", "mips64" },
                { "mips", "mips" },
                { "loongarch64", "loongarch64" },
                { "sparc64", "sparc64" },
                { "ia64", "ia64" },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_equal(known[i].machine, machine))
                        return known[i].name;
        return machine;
}

/* 32 hex digits from a file, dashes left out; false when it holds no id. */
static bool read_id(const char *path, char ret[33]) {
        char text[64];
        size_t n = 0;

        if (proc_read(path, text, sizeof(text)) < 0)
                return false;
        for (const char *p = text; *p && *p != '\n'; p++) {
                if (*p == '-')
                        continue;
                if (n >= 32 || !strchr("0123456789abcdef", *p))
                        return false;
                ret[n++] = *p;
        }
        ret[n] = 0;
        return n == 32;
}

/* An id for this run: version and variant of a random UUID, as machine-id(5) has them. */
static void make_id(char ret[33]) {
        uint8_t bytes[16] = { 0 };

        if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) != (ssize_t)sizeof(bytes))
                memcpy(bytes, &(pid_t){ getpid() }, sizeof(pid_t));
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        for (size_t i = 0; i < sizeof(bytes); i++)
                (void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

static int find_ids(HostInfo *h) {
        char id[33];

        if (!read_id("/etc/machine-id", id) && !read_id("/var/lib/dbus/machine-id", id))
                make_id(id);
        h->machine_id = strdup(id);
        if (!read_id("/proc/sys/kernel/random/boot_id", id))
                make_id(id);
        h->boot_id = strdup(id);
        if (!h->machine_id || !h->boot_id)
                return -ENOMEM;
        h->specifiers.machine_id = h->machine_id;
        h->specifiers.boot_id = h->boot_id;
        return 0;
}

static int find_kernel(HostInfo *h) {
        struct utsname u;
        int r;

        if (uname(&u) < 0)
                return -errno;
        r = own_copy(h, architecture_of(u.machine), &h->specifiers.architecture);
        if (r >= 0)
                r = own_copy(h, u.nodename, &h->specifiers.hostname);
        if (r >= 0)
                r = own_copy(h, u.release, &h->specifiers.kernel);
        return r;
}

/* Of /etc/os-release, where that does not exist of /usr/lib/os-release. What the system does not have is empty. */
static int find_os(HostInfo *h) {
        static const char *const names[] = { "ID",         "VERSION_ID", "BUILD_ID",
                                             "VARIANT_ID", "IMAGE_ID",   "IMAGE_VERSION" };
        const char **to[] = { &h->specifiers.os_id,       &h->specifiers.os_version_id,
                              &h->specifiers.os_build_id, &h->specifiers.os_variant_id,
                              &h->specifiers.os_image_id, &h->specifiers.os_image_version };
        char *values[ELEMENTSOF(names)] = { 0 };
        const char *path = access("/etc/os-release", F_OK) >= 0 ? "/etc/os-release" : "/usr/lib/os-release";
        int r = assignment_file_read(path, names, values, ELEMENTSOF(names));

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (r < 0)
                        free(values[i]);
                else
                        r = values[i] ? own(h, values[i], to[i]) : own_copy(h, "", to[i]);
        return r;
}

static int find_names(HostInfo *h) {
        char *pretty;
        int r = assignment_file_get("/etc/machine-info", "PRETTY_HOSTNAME", &pretty);

        if (r >= 0 && pretty && pretty[0])
                r = own(h, pretty, &h->specifiers.pretty_hostname);
        else {
                free(pretty);
                h->specifiers.pretty_hostname = h->specifiers.hostname;
        }
        return r < 0 ? r : find_os(h);
}

static int own_number(HostInfo *h, unsigned n, const char **ret) {
        char text[16];

        (void)snprintf(text, sizeof(text), "%u", n);
        return own_copy(h, text, ret);
}

static int find_user(HostInfo *h, char *const *environment) {
        SpecifierHost *s = &h->specifiers;
        AccountEntry e = { 0 };
        const char *unnamed = "root", *homeless = h->root ? "/root" : "/";
        char *group = NULL;
        int r = account_file_uid(geteuid(), &e);

        if (r == -ENOMEM)
                return r;
        r = own_number(h, geteuid(), &s->uid);
        if (r >= 0 && !h->root)
                unnamed = s->uid; /* an id that nobody has named, as of `docker run --user` */
        if (r >= 0)
                r = own_number(h, getegid(), &s->gid);
        if (r >= 0)
                r = own_copy(h, e.name ?: unnamed, &s->user);
        if (r >= 0)
                r = own_copy(h, e.home ?: env_get(environment, "HOME", 4) ?: homeless, &s->home);
        if (r >= 0)
                r = own_copy(h, str_is_empty(e.shell) ? "/bin/sh" : e.shell, &s->shell);
        account_entry_release(&e);
        if (r >= 0 && account_file_gid(getegid(), &group) >= 0)
                r = own(h, group, &s->group);
        else if (r >= 0)
                s->group = s->gid;
        return r;
}

/* Reachable and writable; a read-only root shows only here. */
static bool is_writable_directory(const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 && S_ISDIR(st.st_mode) && access(path, W_OK) >= 0;
}

/* Others may write where it stands, so what is there already must be the user's own. */
static bool make_own_directory(const char *path) {
        struct stat st;

        if (mkdir(path, 0700) < 0 && errno != EEXIST)
                return false;
        return lstat(path, &st) >= 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
               (st.st_mode & 077) == 0 && access(path, W_OK) >= 0;
}

static bool find_own_directory(char *buf, size_t n) {
        char private[] = "/tmp/svinit-XXXXXX";

        for (unsigned i = 0; runtime_dir_of_user(i, geteuid(), buf, n); i++)
                if (make_own_directory(buf))
                        return true;
        (void)snprintf(buf, n, "%s", mkdtemp(private) ?: "/run");
        return !str_equal(buf, "/run");
}

static int find_runtime_directory(HostInfo *h, char *const *environment) {
        const char *user = env_get(environment, "XDG_RUNTIME_DIR", strlen("XDG_RUNTIME_DIR"));
        const char *chosen = "/run";
        char own[64];

        h->runtime_writable = true;
        if (h->user || !is_writable_directory("/run")) {
                if (user && user[0] == '/' && is_writable_directory(user))
                        chosen = user;
                else {
                        h->runtime_writable = find_own_directory(own, sizeof(own));
                        chosen = own;
                }
        }
        h->runtime_dir = strdup(chosen);
        return h->runtime_dir ? 0 : -ENOMEM;
}

static int own_below(HostInfo *h, const char *dir, const char *name, const char **ret) {
        char *path;
        int r = str_printf(&path, "%s%s", dir, name);

        return r < 0 ? r : own(h, path, ret);
}

/* systemd.exec(5): where a user's services have what others have in /var/lib, /var/cache, /var/log and /etc. */
static int find_home_directories(HostInfo *h, char *const *environment) {
        const char *home = h->specifiers.home, *config = env_get(environment, "XDG_CONFIG_HOME", 15),
                   *cache = env_get(environment, "XDG_CACHE_HOME", 14);
        SpecifierHost *s = &h->specifiers;
        int r;

        r = config && config[0] == '/' ? own_copy(h, config, &s->configuration_dir)
                                       : own_below(h, home, "/.config", &s->configuration_dir);
        if (r >= 0)
                r = cache && cache[0] == '/' ? own_copy(h, cache, &s->cache_dir)
                                             : own_below(h, home, "/.cache", &s->cache_dir);
        if (r >= 0)
                r = own_below(h, s->configuration_dir, "/log", &s->logs_dir);
        s->state_dir = s->configuration_dir;
        return r;
}

static int find_directories(HostInfo *h, char *const *environment) {
        static const char *const names[] = { "TMPDIR", "TEMP", "TMP" };
        const char *tmp = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(names) && !tmp; i++) {
                tmp = env_get(environment, names[i], strlen(names[i]));
                if (tmp && (tmp[0] != '/' || !is_writable_directory(tmp)))
                        tmp = NULL;
        }
        h->specifiers.runtime_dir = h->runtime_dir;
        h->specifiers.state_dir = "/var/lib";
        h->specifiers.cache_dir = "/var/cache";
        h->specifiers.logs_dir = "/var/log";
        h->specifiers.configuration_dir = "/etc";
        r = h->user ? find_home_directories(h, environment) : 0;
        if (r < 0)
                return r;
        r = own_copy(h, tmp ?: "/tmp", &h->specifiers.tmp_dir);
        return r < 0 ? r : own_copy(h, tmp ?: "/var/tmp", &h->specifiers.var_tmp_dir);
}

/* Meant for svinit itself, or said to it by a supervisor above: nothing of it is true for a service. */
static bool is_denied(const char *assignment) {
        static const char *const prefixes[] = { "SVINIT_",   "NOTIFY_SOCKET=",         "LISTEN_",
                                                "WATCHDOG_", "CREDENTIALS_DIRECTORY=", "container_" };

        for (size_t i = 0; i < ELEMENTSOF(prefixes); i++)
                if (str_starts_with(assignment, prefixes[i]))
                        return true;
        return !env_assignment_is_valid(assignment);
}

static int filter_environment(HostInfo *h, char *const *environment) {
        STRV_FOREACH (s, environment) {
                int r = is_denied(*s) ? 0 : env_set(&h->environment, *s);

                if (r < 0)
                        return r;
        }
        return 0;
}

static uint64_t read_bounding_set(void) {
        uint64_t set = 0;

        for (unsigned cap = 0; cap < 64; cap++) {
                int has = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);

                if (has < 0)
                        break;
                if (has > 0)
                        set |= UINT64_C(1) << cap;
        }
        return set;
}

/* One or two descriptors for each service: we want what we may have. Services get back what we were given. */
static void raise_nofile(HostInfo *h) {
        struct rlimit l;

        if (getrlimit(RLIMIT_NOFILE, &l) < 0)
                return;
        h->original_nofile = (RlimitPair){ .soft = l.rlim_cur, .hard = l.rlim_max };
        l.rlim_cur = l.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &l);
}

int host_info_begin(HostInfo *h, char *const *environ_at_start, bool user) {
        int r;

        *h = (HostInfo){ .pid1 = getpid() == 1, .root = geteuid() == 0, .user = user };
        raise_nofile(h);
        h->virtualization = strdup(virtualization_container(environ_at_start));
        if (!h->virtualization)
                return -ENOMEM;
        h->container = h->virtualization[0] != 0;
        r = find_runtime_directory(h, environ_at_start);
        if (r >= 0)
                r = filter_environment(h, environ_at_start);
        if (r < 0)
                host_info_release(h);
        return r;
}

int host_info_complete(HostInfo *h, char *const *environ_at_start) {
        int r;

        h->capability_bounding = read_bounding_set();
        r = find_ids(h);
        if (r >= 0)
                r = find_kernel(h);
        if (r >= 0)
                r = find_names(h);
        if (r >= 0)
                r = find_user(h, environ_at_start);
        if (r >= 0)
                r = find_directories(h, environ_at_start);
        if (r < 0)
                host_info_release(h);
        return r;
}

int host_info_init(HostInfo *h, char *const *environ_at_start) {
        int r = host_info_begin(h, environ_at_start, false);

        return r < 0 ? r : host_info_complete(h, environ_at_start);
}

/* Texts that have changed are added: whoever has borrowed an old one may go on with it. */
int host_info_refresh(HostInfo *h) {
        HostInfo now = { 0 };
        const struct {
                const char **here, **there;
        } texts[] = {
#define TEXT(name) { &h->specifiers.name, &now.specifiers.name }
                TEXT(hostname),    TEXT(pretty_hostname), TEXT(os_id),       TEXT(os_version_id),
                TEXT(os_build_id), TEXT(os_variant_id),   TEXT(os_image_id), TEXT(os_image_version),
#undef TEXT
        };
        int r;

        r = find_kernel(&now);
        if (r >= 0)
                r = find_names(&now);
        for (size_t i = 0; i < ELEMENTSOF(texts) && r >= 0; i++)
                if (!str_equal(*texts[i].here, *texts[i].there))
                        r = own_copy(h, *texts[i].there, texts[i].here);
        host_info_release(&now);
        return r;
}

void host_info_release(HostInfo *h) {
        free(h->virtualization);
        free(h->runtime_dir);
        free(h->machine_id);
        free(h->boot_id);
        strv_free(h->environment);
        strv_free(h->owned);
        *h = (HostInfo){ 0 };
}
