/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Input and output: weights, and what one device may be used for. A setting
 * names a device or a file on one; what counts is the whole disk.
 *
 *      v2   io.weight (or io.bfq.weight), io.max, io.latency
 *      v1   blkio.weight (or blkio.bfq.weight), blkio.throttle.*
 *
 * The settings of v1 (BlockIO...=) are used where none of the newer ones is.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define V1_WEIGHT_MIN 10
#define V1_WEIGHT_MAX 1000

typedef enum IoKind {
        IO_READ_BANDWIDTH,
        IO_WRITE_BANDWIDTH,
        IO_READ_IOPS,
        IO_WRITE_IOPS,
        IO_MAX_KINDS,
        IO_LATENCY = IO_MAX_KINDS,
        IO_WEIGHT,
        IO_KIND_MAX,
} IoKind;

static const struct {
        const char *key, *legacy_key;
        size_t list, legacy_list; /* offsets in CgroupSpec; 0: there is none */
        const char *v2_word;      /* in io.max */
} kinds[IO_KIND_MAX] = {
        [IO_READ_BANDWIDTH] = { "IOReadBandwidthMax", "BlockIOReadBandwidth",
                                offsetof(CgroupSpec, io_read_bandwidth),
                                offsetof(CgroupSpec, block_io_read_bandwidth), "rbps" },
        [IO_WRITE_BANDWIDTH] = { "IOWriteBandwidthMax", "BlockIOWriteBandwidth",
                                 offsetof(CgroupSpec, io_write_bandwidth),
                                 offsetof(CgroupSpec, block_io_write_bandwidth), "wbps" },
        [IO_READ_IOPS] = { "IOReadIOPSMax", NULL, offsetof(CgroupSpec, io_read_iops), 0, "riops" },
        [IO_WRITE_IOPS] = { "IOWriteIOPSMax", NULL, offsetof(CgroupSpec, io_write_iops), 0, "wiops" },
        [IO_LATENCY] = { "IODeviceLatencyTargetSec", NULL, offsetof(CgroupSpec, io_device_latency), 0, NULL },
        [IO_WEIGHT] = { "IODeviceWeight", "BlockIODeviceWeight", offsetof(CgroupSpec, io_device_weight),
                        offsetof(CgroupSpec, block_io_device_weight), NULL },
};

static char **list_at(const CgroupSpec *s, size_t offset) {
        return offset > 0 ? *(char ***)((const char *)s + offset) : NULL;
}

/* systemd.resource-control(5): one of the newer settings, and the older ones do not count. */
static bool uses_legacy(const CgroupSpec *s) {
        if (s->io_weight != LIMIT_UNSET || s->startup_io_weight != LIMIT_UNSET || s->io_accounting)
                return false;
        for (IoKind k = 0; k < IO_KIND_MAX; k++)
                if (list_at(s, kinds[k].list))
                        return false;
        return true;
}

static char **entries_of(const CgroupSpec *s, IoKind k) {
        return list_at(s, uses_legacy(s) ? kinds[k].legacy_list : kinds[k].list);
}

static const char *key_of(const CgroupSpec *s, IoKind k) {
        return uses_legacy(s) && kinds[k].legacy_key ? kinds[k].legacy_key : kinds[k].key;
}

static bool has_settings(const CgroupSpec *s) {
        if (s->io_weight != LIMIT_UNSET || s->startup_io_weight != LIMIT_UNSET ||
            s->block_io_weight != LIMIT_UNSET || s->startup_block_io_weight != LIMIT_UNSET)
                return true;
        for (IoKind k = 0; k < IO_KIND_MAX; k++)
                if (entries_of(s, k))
                        return true;
        return false;
}

unsigned limits_io_need(const CgroupSpec *s) {
        return s->io_accounting || has_settings(s) ? CONTROLLER_IO : 0;
}

/* Of a partition the disk that it is on; the directory of a partition lies in the one of its disk. */
static dev_t whole_disk(dev_t device) {
        char path[96], text[32];
        unsigned major_number, minor_number;

        (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(device), minor(device));
        if (access(path, F_OK) < 0)
                return device;
        (void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(device), minor(device));
        if (proc_read(path, text, sizeof(text)) <= 0 ||
            sscanf(text, "%u:%u", &major_number, &minor_number) != 2)
                return device;
        return makedev(major_number, minor_number);
}

int cgroup_find_disk(const char *path, dev_t *ret) {
        struct stat st;
        dev_t device;

        if (stat(path, &st) < 0)
                return -errno;
        if (S_ISCHR(st.st_mode))
                return -ENOTBLK;
        device = S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev;
        if (major(device) == 0) /* a file system on no disk, or on several */
                return -ENOTBLK;
        *ret = whole_disk(device);
        return 0;
}

/* What is wanted of one device. */
typedef struct DiskLimits {
        dev_t device;
        uint64_t values[IO_KIND_MAX]; /* UINT64_MAX: unset */
} DiskLimits;

typedef struct DiskList {
        DiskLimits *v; /* owned */
        size_t n;
} DiskList;

static DiskLimits *disk_in(DiskList *l, dev_t device) {
        DiskLimits *more;

        for (size_t i = 0; i < l->n; i++)
                if (l->v[i].device == device)
                        return l->v + i;
        more = reallocarray(l->v, l->n + 1, sizeof(*more));
        if (!more)
                return NULL;
        l->v = more;
        more += l->n++;
        *more = (DiskLimits){ .device = device };
        memset(more->values, 0xff, sizeof(more->values));
        return more;
}

static void note_device(const char *key, const char *path, int r, Report *unapplied) {
        if (r == -ENOTBLK)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, key,
                           "%s=: %s is on no block device, not applied", key, path);
        else
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, key, "%s=: %s: %s, not applied", key, path,
                           strerrordesc_np(-r) ?: "unknown error");
}

static void collect_disks(const CgroupSpec *s, DiskList *l, Report *unapplied) {
        for (IoKind k = 0; k < IO_KIND_MAX; k++)
                STRV_FOREACH (entry, entries_of(s, k)) {
                        const char *value;
                        char *path auto_free = strndup(*entry, device_entry_split(*entry, &value));
                        DiskLimits *disk = NULL;
                        dev_t device;
                        int r = path ? cgroup_find_disk(path, &device) : -ENOMEM;

                        if (r >= 0)
                                disk = disk_in(l, device);
                        if (disk)
                                (void)parse_u64(value, disk->values + k);
                        else
                                note_device(key_of(s, k), path ?: *entry, r < 0 ? r : -ENOMEM, unapplied);
                }
}

static const DiskLimits *find_disk(const DiskList *l, dev_t device) {
        for (size_t i = 0; i < l->n; i++)
                if (l->v[i].device == device)
                        return l->v + i;
        return NULL;
}

/* "8:0 rbps=1000 wbps=max ..." */
static bool format_max(const DiskLimits *d, dev_t device, char *text, size_t size) {
        bool some = false;
        int at = snprintf(text, size, "%u:%u", major(device), minor(device));

        for (IoKind k = 0; k < IO_MAX_KINDS; k++)
                if (d && d->values[k] != UINT64_MAX) {
                        at += snprintf(text + at, size - (size_t)at, " %s=%" PRIu64, kinds[k].v2_word,
                                       d->values[k]);
                        some = true;
                } else
                        at += snprintf(text + at, size - (size_t)at, " %s=max", kinds[k].v2_word);
        return some;
}

static bool format_value(const DiskLimits *d, IoKind k, dev_t device, const char *word, char *text,
                         size_t size) {
        bool some = d && d->values[k] != UINT64_MAX;

        if (some)
                (void)snprintf(text, size, "%u:%u %s%" PRIu64, major(device), minor(device), word,
                               d->values[k]);
        return some;
}

static const char *first_key(const CgroupSpec *s, const DiskLimits *d) {
        for (IoKind k = 0; k < IO_MAX_KINDS; k++)
                if (d->values[k] != UINT64_MAX)
                        return key_of(s, k);
        return kinds[0].key;
}

typedef struct DeviceFile {
        IoKind kind;
        Hierarchy hierarchy;
        const char *file;
        const char *word; /* before the value */
        const char *none; /* instead of it */
} DeviceFile;

/* IO_READ_BANDWIDTH stands for the four of io.max. */
static const DeviceFile device_files[] = {
        { IO_READ_BANDWIDTH, HIERARCHY_V2, "io.max", NULL, NULL },
        { IO_LATENCY, HIERARCHY_V2, "io.latency", "target=", "target=0" },
        { IO_WEIGHT, HIERARCHY_V2, "io.weight", "", "default" },
        { IO_READ_BANDWIDTH, HIERARCHY_BLKIO, "blkio.throttle.read_bps_device", "", "0" },
        { IO_WRITE_BANDWIDTH, HIERARCHY_BLKIO, "blkio.throttle.write_bps_device", "", "0" },
        { IO_READ_IOPS, HIERARCHY_BLKIO, "blkio.throttle.read_iops_device", "", "0" },
        { IO_WRITE_IOPS, HIERARCHY_BLKIO, "blkio.throttle.write_iops_device", "", "0" },
        { IO_WEIGHT, HIERARCHY_BLKIO, "blkio.weight_device", "", "0" },
};

typedef struct Application {
        const CgroupSpec *spec;
        const DiskList *disks;
        const DeviceFile *file;
        Report *unapplied;
} Application;

static int write_one(Group *g, dev_t device, void *userdata) {
        const Application *ap = userdata;
        const DeviceFile *f = ap->file;
        const DiskLimits *d = find_disk(ap->disks, device);
        char text[160], none[160];
        bool some;

        if (f->word) {
                some = format_value(d, f->kind, device, f->word, text, sizeof(text));
                (void)snprintf(none, sizeof(none), "%u:%u %s", major(device), minor(device), f->none);
        } else {
                some = format_max(d, device, text, sizeof(text));
                (void)format_max(NULL, device, none, sizeof(none));
        }
        attribute_set(g,
                      &(Attribute){ .key = f->word || !d ? key_of(ap->spec, f->kind) : first_key(ap->spec, d),
                                    .hierarchy = f->hierarchy,
                                    .file = f->file,
                                    .none = none,
                                    .device = device },
                      some ? text : NULL, ap->unapplied);
        return 0;
}

/* First those that were written before and may be gone now, then those that are wanted. */
static void write_file(Group *g, const Application *ap) {
        const Attribute like = { .hierarchy = ap->file->hierarchy, .file = ap->file->file };

        (void)attributes_each(g, &like, write_one, (void *)ap);
        for (size_t i = 0; i < ap->disks->n; i++)
                (void)write_one(g, ap->disks->v[i].device, (void *)ap);
}

/* Which of the two files there is depends on the scheduler of the kernel's choice. */
static void set_weight(Group *g, Attribute a, const char *value, const char *other_file,
                       const char *other_value, Report *unapplied) {
        const Attribute other = { a.key, a.hierarchy, other_file, "100", 0 };
        int r = attribute_write(g, &a, value);

        if (r == -ENOENT || attribute_written(g, &other))
                r = attribute_write(g, &other, other_value);
        if (r < 0 && value)
                attribute_note(g, &a, value, r, unapplied);
}

/* BFQ counts to 1000 where io.weight counts to 10000; 100 is the usual one in both. */
static uint64_t bfq_weight(uint64_t v) {
        return v <= 100 ? v : 100 + (v - 100) * 900 / 9900;
}

static uint64_t weight_of(const Group *g, const CgroupSpec *s, bool v1) {
        uint64_t v = limit_while_starting(g, uses_legacy(s) ? s->block_io_weight : s->io_weight,
                                          uses_legacy(s) ? s->startup_block_io_weight : s->startup_io_weight);

        if (v == LIMIT_UNSET || v1 == uses_legacy(s))
                return v;
        return v1 ? MIN(MAX(v * 500 / 100, V1_WEIGHT_MIN), V1_WEIGHT_MAX)
                  : MIN(MAX(v * 100 / 500, 1U), 10000U);
}

static void apply_weight(Group *g, const CgroupSpec *s, bool v1, Report *unapplied) {
        uint64_t v = weight_of(g, s, v1);
        bool unset = v == LIMIT_UNSET;
        const char *key = uses_legacy(s) ? "BlockIOWeight" : "IOWeight";
        char text[40], other[24];

        (void)snprintf(text, sizeof(text), "%s%" PRIu64, v1 ? "" : "default ", v);
        (void)snprintf(other, sizeof(other), "%" PRIu64, v1 || unset ? v : bfq_weight(v));
        set_weight(g,
                   (Attribute){ .key = key,
                                .hierarchy = v1 ? HIERARCHY_BLKIO : HIERARCHY_V2,
                                .file = v1 ? "blkio.weight" : "io.weight",
                                .none = v1 ? "500" : "default 100" },
                   unset ? NULL : text, v1 ? "blkio.bfq.weight" : "io.bfq.weight", unset ? NULL : other,
                   unapplied);
}

static void note_lack(const Group *g, const CgroupSpec *s, Report *unapplied) {
        const char *why = g->groups->tracking == HIERARCHY_NONE ? "no cgroup can be made here"
                                                                : "the cgroups here have no controller io";

        if (s->io_weight != LIMIT_UNSET || s->startup_io_weight != LIMIT_UNSET)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, "IOWeight", "IOWeight=: %s, not applied", why);
        else if (s->block_io_weight != LIMIT_UNSET)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, "BlockIOWeight",
                           "BlockIOWeight=: %s, not applied", why);
        for (IoKind k = 0; k < IO_KIND_MAX; k++)
                if (entries_of(s, k))
                        report_add(unapplied, SEVERITY_NOTE, NULL, 0, key_of(s, k), "%s=: %s, not applied",
                                   key_of(s, k), why);
}

void cgroup_apply_io(Group *g, const CgroupSpec *s, Report *unapplied) {
        bool v1 = group_has_v1(g->groups, CONTROLLER_IO);
        DiskList disks = { 0 };

        if (!has_settings(s) && !g->has_io)
                return;
        if (v1 ? group_limit_in(g, HIERARCHY_BLKIO) < 0 : !group_has_controller(g, CONTROLLER_IO)) {
                note_lack(g, s, unapplied);
                return;
        }
        g->has_io = true;
        collect_disks(s, &disks, unapplied);
        apply_weight(g, s, v1, unapplied);
        for (size_t i = 0; i < ELEMENTSOF(device_files); i++)
                if ((device_files[i].hierarchy == HIERARCHY_V2) != v1)
                        write_file(g, &(Application){ s, &disks, device_files + i, unapplied });
        if (v1 && s->io_device_latency)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, "IODeviceLatencyTargetSec",
                           "IODeviceLatencyTargetSec=: cgroup v1 has nothing like it, not applied");
        free(disks.v);
}
