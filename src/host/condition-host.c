/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Conditions on machine, kernel and manager. In a container they are answered
 * for the container where systemd does so (command line, capabilities), and
 * "no" for hardware that only the host sees.
 */

#include "conf/words.h"
#include "host/account-file.h"
#include "host/condition-internal.h"
#include "host/proc-file.h"
#include "host/virtualization.h"
#include "unit/codec-number.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

int condition_architecture(const HostInfo *h, const char *parameter) {
        return str_equal(parameter, "native") || str_equal(parameter, h->specifiers.architecture);
}

/* Ids that are not mapped one to one. */
static bool has_private_users(void) {
        char text[128];
        unsigned inside, outside, range;

        if (proc_read("/proc/self/uid_map", text, sizeof(text)) <= 0)
                return false;
        return sscanf(text, "%u %u %u", &inside, &outside, &range) == 3 &&
               (inside != 0 || outside != 0 || range != UINT32_MAX);
}

int condition_virtualization(const HostInfo *h, const char *parameter) {
        bool wanted;

        if (str_equal(parameter, "private-users"))
                return has_private_users();
        if (str_equal(parameter, "container"))
                return h->container;
        if (h->container && parse_bool(parameter, &wanted) < 0)
                return str_equal(parameter, h->virtualization);
        if (str_equal(parameter, "vm"))
                return virtualization_machine()[0] != 0;
        if (parse_bool(parameter, &wanted) >= 0)
                return (h->container || virtualization_machine()[0] != 0) == wanted;
        return str_equal(parameter, virtualization_machine());
}

int condition_host(const HostInfo *h, const char *parameter) {
        char text[65] = "";

        if (strcasecmp(parameter, h->machine_id) == 0)
                return 1;
        if (gethostname(text, sizeof(text) - 1) < 0)
                return -errno;
        return fnmatch(parameter, text, FNM_CASEFOLD) == 0;
}

int condition_kernel_command_line(const HostInfo *h, const char *parameter) {
        bool assignment = strchr(parameter, '=') != NULL, found = false;
        size_t n = strlen(parameter);
        char text[8192], *word;
        const char *p = text;
        int r, got = proc_read(h->container ? "/proc/1/cmdline" : "/proc/cmdline", text, sizeof(text));

        if (got < 0)
                return got;
        for (int i = 0; i < got; i++)
                if (text[i] == 0)
                        text[i] = ' ';
        while (!found && (r = words_next(&p, WORDS_QUOTES | WORDS_RELAX, &word)) > 0) {
                found = str_equal(word, parameter) ||
                        (!assignment && strncmp(word, parameter, n) == 0 && word[n] == '=');
                free(word);
        }
        return found;
}

int condition_kernel_version(const HostInfo *h, const char *parameter) {
        bool first = true;
        char *word;
        int r;

        for (; (r = words_next(&parameter, WORDS_QUOTES, &word)) > 0; first = false) {
                char *expression auto_free = word, *value auto_free = NULL;
                const char *p = expression;
                Operator o = operator_take(&p, true);
                bool holds;

                p += strspn(p, " \t\n\r");

                /* "< 6" is two words, of which the first has no value; the first expression may be so written. */
                if (o != OPERATOR_NONE && *p == 0 && !first)
                        return -EINVAL;
                if (o != OPERATOR_NONE && *p == 0) {
                        r = words_next(&parameter, WORDS_QUOTES, &value);
                        if (r <= 0)
                                return -EINVAL;
                        p = value;
                }
                holds = operator_holds_text(o == OPERATOR_NONE ? OPERATOR_GLOB : o, h->specifiers.kernel, p);
                if (!holds)
                        return 0;
        }
        return r < 0 ? r : 1;
}

int condition_environment(const HostInfo *h, const char *parameter) {
        if (strchr(parameter, '='))
                return strv_contains(h->environment, parameter);
        return env_get(h->environment, parameter, strlen(parameter)) != NULL;
}

/* The kernel's audit can be talked to from here. */
static bool has_audit(void) {
        int fd auto_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);

        return fd >= 0;
}

/* Of the variable the first four bytes are attributes. */
static bool has_secure_boot(void) {
        char text[8];

        return proc_read("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", text,
                         sizeof(text)) >= 5 &&
               text[4] == 1;
}

int condition_security(const HostInfo *h, const char *parameter) {
        char text[16];

        if (str_equal(parameter, "apparmor"))
                return proc_read("/sys/module/apparmor/parameters/enabled", text, sizeof(text)) > 0 &&
                       text[0] == 'Y';
        if (str_equal(parameter, "selinux"))
                return access("/sys/fs/selinux/enforce", F_OK) >= 0;
        if (str_equal(parameter, "smack"))
                return access("/sys/fs/smackfs", F_OK) >= 0;
        if (str_equal(parameter, "tomoyo"))
                return access("/sys/kernel/security/tomoyo/version", F_OK) >= 0;
        if (str_equal(parameter, "ima"))
                return access("/sys/kernel/security/ima/", F_OK) >= 0;
        if (str_equal(parameter, "tpm2"))
                return access("/sys/class/tpmrm/tpmrm0", F_OK) >= 0 || access("/dev/tpmrm0", F_OK) >= 0;
        if (str_equal(parameter, "audit"))
                return has_audit();
        if (str_equal(parameter, "uefi-secureboot"))
                return !h->container && has_secure_boot();
        return 0;
}

int condition_capability(const HostInfo *h, const char *parameter) {
        int cap = capability_from_string(parameter);
        int64_t number;

        if (cap < 0 && parse_i64(parameter, &number) >= 0 && number == 63)
                cap = 63; /* a bit that no kernel has a name for */
        if (cap < 0)
                return -EINVAL;
        return (h->capability_bounding >> cap) & 1;
}

/* One that is on: 1. All that there are are off: 0. None known: 1. */
static int on_ac_power(void) {
        DIR *d = opendir("/sys/class/power_supply");
        bool any_off = false, any_on = false;
        struct dirent *e;

        while (d && (e = readdir(d))) {
                char path[512], text[32];

                if (e->d_name[0] == '.')
                        continue;
                (void)snprintf(path, sizeof(path), "/sys/class/power_supply/%s/type", e->d_name);
                if (proc_read(path, text, sizeof(text)) <= 0 || !str_starts_with(text, "Mains"))
                        continue;
                (void)snprintf(path, sizeof(path), "/sys/class/power_supply/%s/online", e->d_name);
                if (proc_read(path, text, sizeof(text)) <= 0)
                        continue;
                any_on = any_on || text[0] == '1';
                any_off = any_off || text[0] == '0';
        }
        if (d)
                closedir(d);
        return any_on || !any_off;
}

int condition_ac_power(const HostInfo *h, const char *parameter) {
        bool wanted;
        int r = parse_bool(parameter, &wanted);

        return r < 0 ? r : on_ac_power() == wanted;
}

int condition_first_boot(const HostInfo *h, const char *parameter) {
        bool wanted;
        int r = parse_bool(parameter, &wanted);

        return r < 0 ? r : (access("/run/systemd/first-boot", F_OK) >= 0) == wanted;
}

int condition_user(const HostInfo *h, const char *parameter) {
        AccountEntry e = { 0 };
        uid_t uid;
        int r;

        if (str_equal(parameter, "@system"))
                return geteuid() < 1000 || geteuid() == 65534;
        if (str_equal(parameter, h->specifiers.user))
                return 1;
        r = account_file_user(parameter, &e);
        if (r < 0)
                return r == -ESRCH ? 0 : r;
        uid = e.uid;
        account_entry_release(&e);
        return uid == getuid() || uid == geteuid();
}

int condition_group(const HostInfo *h, const char *parameter) {
        gid_t gid, list[256];
        int r = account_file_group(parameter, &gid), n;

        if (r < 0)
                return r == -ESRCH ? 0 : r;
        if (gid == getgid() || gid == getegid())
                return 1;
        n = getgroups(ELEMENTSOF(list), list);
        for (int i = 0; i < n; i++)
                if (list[i] == gid)
                        return 1;
        return 0;
}

static bool has_controller_v2(const char *name) {
        char text[512], *word, *rest = text;

        if (proc_read("/sys/fs/cgroup/cgroup.controllers", text, sizeof(text)) < 0)
                return false;
        while ((word = strsep(&rest, " \n")))
                if (str_equal(word, name))
                        return true;
        return false;
}

static bool has_controller_v1(const char *name) {
        char path[128];

        (void)snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/cgroup.procs", name);
        return access(path, F_OK) >= 0;
}

typedef struct Controller {
        const char *name;
        bool v1, v2;
} Controller;

/* What systemd knows; cpuacct is part of cpu in the new hierarchy, and what BPF does is no file to look at. */
static const Controller *controller_find(const char *name) {
        static const Controller known[] = {
                { "cpu", true, true },
                { "cpuacct", true, true },
                { "cpuset", false, true },
                { "io", false, true },
                { "blkio", true, false },
                { "memory", true, true },
                { "devices", true, false },
                { "pids", true, true },
                { "bpf-firewall", false, false },
                { "bpf-devices", false, false },
                { "bpf-foreign", false, false },
                { "bpf-socket-bind", false, false },
                { "bpf-restrict-network-interfaces", false, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_equal(known[i].name, name))
                        return known + i;
        return NULL;
}

/* A name that nobody knows is left out, so that unit files for other versions work. */
int condition_control_group_controller(const HostInfo *h, const char *parameter) {
        bool unified = access("/sys/fs/cgroup/cgroup.controllers", F_OK) >= 0;
        char *word;
        int r;

        if (str_equal(parameter, "v2"))
                return unified;
        if (str_equal(parameter, "v1"))
                return !unified;
        while ((r = words_next(&parameter, 0, &word)) > 0) {
                const Controller *c = controller_find(word);
                bool v2_cpu = str_equal(word, "cpuacct");
                bool has = !c || (unified ? c->v2 && has_controller_v2(v2_cpu ? "cpu" : c->name)
                                          : c->v1 && has_controller_v1(c->name));

                free(word);
                if (!has)
                        return 0;
        }
        return r < 0 ? r : 1;
}

int condition_memory(const HostInfo *h, const char *parameter) {
        Operator o = operator_take(&parameter, false);
        struct sysinfo si;
        uint64_t wanted;
        int r = size_parse_bytes(parameter, &wanted);

        if (r < 0)
                return r;
        if (sysinfo(&si) < 0)
                return -errno;
        return operator_holds_number(o == OPERATOR_NONE ? OPERATOR_GREATER_EQUAL : o,
                                     (uint64_t)si.totalram * si.mem_unit, wanted);
}

int condition_cpus(const HostInfo *h, const char *parameter) {
        Operator o = operator_take(&parameter, false);
        unsigned wanted;
        cpu_set_t set;
        int r = parse_unsigned(parameter, &wanted);

        if (r < 0)
                return r;
        if (sched_getaffinity(0, sizeof(set), &set) < 0)
                return -errno;
        return operator_holds_number(o == OPERATOR_NONE ? OPERATOR_GREATER_EQUAL : o,
                                     (uint64_t)CPU_COUNT(&set), wanted);
}

#define OPERATOR_CHARS "!<=>$"

/* "ID=debian VERSION_ID>=12": each must hold. */
int condition_os_release(const HostInfo *h, const char *parameter) {
        char *word;
        int r;

        while ((r = words_next(&parameter, WORDS_QUOTES, &word)) > 0) {
                char *expression auto_free = word, *key auto_free = NULL, *value auto_free = NULL;
                const char *begin = expression + strspn(expression, OPERATOR_CHARS);
                size_t n = strcspn(begin, OPERATOR_CHARS);
                const char *wanted = begin + n;
                Operator o = operator_take(&wanted, true);

                key = strndup(begin, n);
                if (!key)
                        return -ENOMEM;
                /* os-release(5) has no blanks there. */
                if (o == OPERATOR_NONE || !env_name_is_valid(key, n) || *wanted == 0 ||
                    strchr(" \t\n\r", *wanted))
                        return -EINVAL;
                r = assignment_file_get("/etc/os-release", key, &value);
                if (r >= 0 && !value)
                        r = assignment_file_get("/usr/lib/os-release", key, &value);
                if (r < 0)
                        return r;
                if (!operator_holds_text(o, value ?: "", wanted))
                        return 0;
        }
        return r < 0 ? r : 1;
}

/* Given to svinit, or to the container as one of its secrets: where LoadCredential= looks as well. */
int condition_credential(const HostInfo *h, const char *parameter) {
        const char *const directories[] = { getenv("CREDENTIALS_DIRECTORY"), "/run/secrets" };

        if (!parameter[0] || strchr(parameter, '/') || str_equal(parameter, ".") ||
            str_equal(parameter, ".."))
                return 0;
        for (size_t i = 0; i < ELEMENTSOF(directories); i++) {
                char *path auto_free = NULL;

                if (!directories[i])
                        continue;
                if (str_printf(&path, "%s/%s", directories[i], parameter) < 0)
                        return -ENOMEM;
                if (access(path, F_OK) >= 0)
                        return 1;
        }
        return 0;
}
