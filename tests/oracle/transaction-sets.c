/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Random sets of unit files: every type, every relation, default dependencies
 * or not, drop-ins, .wants, aliases, instances, masks, names without a file.
 */

#include "transaction.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Set {
        const char *directory;
        uint64_t random;
        unsigned n_relations; /* at most, in one unit */
        unsigned hard;        /* percent of them that may refuse the start or contradict others */
        bool ordered;         /* After= only towards names further down: no cycle */
} Set;

static uint64_t next_random(Set *s) { /* xorshift64* */
        s->random ^= s->random >> 12;
        s->random ^= s->random << 25;
        s->random ^= s->random >> 27;
        return s->random * UINT64_C(2685821657736338717);
}

static unsigned below(Set *s, unsigned n) {
        return (unsigned)((next_random(s) >> 33) % n);
}

static bool chance(Set *s, unsigned percent) {
        return below(s, 100) < percent;
}

/* Names that relations may lead to; those with a type's text have a file. */
typedef struct Member {
        const char *name, *text;
} Member;

static const Member members[] = {
        { "t0.target", "" },
        { "t1.target", "" },
        { "t2.target", "" },
        { "s0.service", "[Service]\nExecStart=/bin/true\n" },
        { "s1.service", "[Service]\nExecStart=/bin/true\nPrivateTmp=yes\n" },
        { "s2.service", "[Service]\nExecStart=/bin/true\nWorkingDirectory=/mnt/x/y/z\nSlice=u-v.slice\n" },
        { "s3.service",
          "[Service]\nType=oneshot\nExecStart=/bin/true\nStandardOutput=null\nStandardError=null\n" },
        { "s4.service", "[Service]\nExecStart=/bin/true\nSockets=k.socket\nStateDirectory=d\n" },
        { "s5.service", "[Service]\nType=dbus\nBusName=org.example.S5\nExecStart=/bin/true\n" },
        { "i@.service", "[Service]\nExecStart=/bin/true %i\n" },
        { "s1.socket", "[Socket]\nListenStream=/mnt/x/socket\n" },
        { "k.socket", "[Socket]\nListenStream=127.0.0.1:1\nService=s2.service\n" },
        { "many.socket", "[Socket]\nListenStream=/run/many\nAccept=yes\n" },
        { "many@.service", "[Service]\nExecStart=/bin/true\n" },
        { "s3.timer", "[Timer]\nOnCalendar=daily\n" },
        { "m.timer", "[Timer]\nOnBootSec=1h\nUnit=t1.target\n" },
        { "s4.path", "[Path]\nPathExists=/mnt/x/file\n" },
        { "p.path", "[Path]\nPathExistsGlob=/mnt/x/*\nUnit=s0.service\n" },
        { "u.slice", "" },
        { "u-v.slice", "" },
        { "mnt-x.mount", "[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/mnt/x\n" },
        { "mnt-x-y.mount", "[Mount]\nWhat=server:/y\nType=nfs\nWhere=/mnt/x/y\n" },
        { "mnt-b.mount", "[Mount]\nWhat=/mnt/x/y\nOptions=bind\nWhere=/mnt/b\n" },
        { "mnt-b.automount", "[Automount]\nWhere=/mnt/b\n" },
        { "mnt-q.mount", "[Mount]\nWhat=/mnt/disk\nType=ext4\nOptions=loop,nofail\nWhere=/mnt/q\n" },
        { "run-user-7.mount", "[Mount]\nWhat=x\nType=tmpfs\nWhere=/run/user/7\n" },
        { "run-initramfs.mount", "[Mount]\nWhat=x\nType=ramfs\nWhere=/run/initramfs\n" },
        { "srv.mount", "[Mount]\nWhat=x\nType=ramfs\nWhere=/srv\nOptions=ro,_netdev\n" },
        { "mnt-z.swap", "[Swap]\nWhat=/mnt/z\n" },
        /* without a file of that name */
        { "i@1.service", NULL },
        { "i@2.service", NULL },
        { "al.service", NULL },
        { "none.service", NULL },
        { "masked.service", NULL },
        { "w-x.slice", NULL },
};

static const char *const hard_relations[] = { "Requires", "BindsTo", "Requisite", "Conflicts" };
static const char *const soft_relations[] = {
        "Wants",
        "Upholds",
        "PartOf",
        "Before",
        "After",
        "OnFailure",
        "OnSuccess",
        "PropagatesReloadTo",
        "ReloadPropagatedFrom",
        "PropagatesStopTo",
        "StopPropagatedFrom",
        "JoinsNamespaceOf",
        "After",
        "Wants",
        "Before",
};

/* Foundations that default dependencies name. The last may be absent. */
static const Member foundations[] = {
        { "sysinit.target", "[Unit]\nWants=local-fs.target swap.target\nAfter=local-fs.target "
                            "swap.target\nConflicts=shutdown.target\n" },
        { "basic.target", "[Unit]\nRequires=sysinit.target\nWants=sockets.target timers.target paths.target\n"
                          "After=sysinit.target sockets.target paths.target\n" },
        { "shutdown.target", "[Unit]\nDefaultDependencies=no\nRefuseManualStart=yes\n" },
        { "umount.target", "[Unit]\nDefaultDependencies=no\n" },
        { "local-fs-pre.target", "[Unit]\nRefuseManualStart=yes\n" },
        { "local-fs.target",
          "[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\nAfter=local-fs-pre.target\n" },
        { "dbus.socket", "[Socket]\nListenStream=/run/dbus/system_bus_socket\n" },
        { "dbus.service", "[Service]\nExecStart=/bin/true\n" },
        { "sockets.target", "" },
        { "timers.target", "" },
        { "paths.target", "" },
        { "swap.target", "" },
        { "remote-fs.target", "" },
        { "network.target", "" },
        { "network-online.target", "[Unit]\nAfter=network.target\n" },
};

static const char *any_name(Set *s) {
        const char *name;

        do
                name = chance(s, 6) ? foundations[below(s, ELEMENTSOF(foundations))].name
                                    : members[below(s, ELEMENTSOF(members))].name;
        while (strchr(name, '@') && strstr(name, "@."));
        return name;
}

static size_t rank(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(members); i++)
                if (str_equal(members[i].name, name))
                        return i;
        return ELEMENTSOF(members);
}

static void add_relation(Set *s, const char *unit, Buf *b) {
        const char *kind = chance(s, s->hard) ? hard_relations[below(s, ELEMENTSOF(hard_relations))]
                                              : soft_relations[below(s, ELEMENTSOF(soft_relations))];
        const char *other = any_name(s);
        bool hard = str_equal(kind, "Requires") || str_equal(kind, "BindsTo") || str_equal(kind, "Requisite");

        while (hard && (str_equal(other, "none.service") || str_equal(other, "masked.service")) &&
               !chance(s, 15))
                other = any_name(s);
        if (str_equal(kind, "PartOf") && str_ends_with(unit, ".target")) /* ordered only if loaded last */
                kind = "Wants";
        if (s->ordered && str_equal(kind, "Before"))
                kind = "After";
        if (s->ordered && str_equal(kind, "After") && rank(other) <= rank(unit))
                kind = "Wants";
        buf_addf(b, "%s=%s", kind, other);
        if (chance(s, 25))
                buf_addf(b, " %s", s->ordered && str_equal(kind, "After") ? other : any_name(s));
        buf_add_char(b, '\n');
        if (str_equal(kind, "Requires") && chance(s, 60) && !s->ordered)
                buf_addf(b, "After=%s\n", other);
}

static void add_unit_section(Set *s, const char *unit, Buf *b) {
        static const char *const paths[] = { "/mnt/x", "/mnt/x/y/deep", "/", "/var/lib/here", "/mnt/b/c" };

        buf_add(b, "[Unit]\n");
        for (unsigned n = below(s, s->n_relations + 1); n > 0; n--)
                add_relation(s, unit, b);
        if (chance(s, 35) || str_ends_with(unit, ".swap")) /* whose defaults differ, see the reviewed list */
                buf_add(b, "DefaultDependencies=no\n");
        if (chance(s, 15))
                buf_addf(b, "RequiresMountsFor=%s\n", paths[below(s, ELEMENTSOF(paths))]);
        if (chance(s, 10))
                buf_add(b, "AllowIsolate=yes\n");
        if (chance(s, 6))
                buf_add(b, "RefuseManualStart=yes\n");
}

static int write_file(const Set *s, const char *name, const char *text) {
        char path[512], *slash;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", s->directory, name);
        slash = strrchr(path, '/');
        *slash = 0;
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                return -errno;
        *slash = '/';
        f = fopen(path, "we");
        if (!f)
                return -errno;
        fputs(text, f);
        return fclose(f) < 0 ? -errno : 0;
}

static int write_link(const Set *s, const char *name, const char *target) {
        char path[512], *slash;

        snprintf(path, sizeof(path), "%s/%s", s->directory, name);
        slash = strrchr(path, '/');
        *slash = 0;
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                return -errno;
        *slash = '/';
        return symlink(target, path) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_beside(Set *s, const char *unit) {
        static const char *const suffixes[] = { "wants", "requires" }; /* 252 knows no .upholds */
        char name[256], target[256];
        int r = 0;

        if (chance(s, 12)) {
                Buf b auto_buf = { 0 };

                add_unit_section(s, unit, &b);
                snprintf(name, sizeof(name), "%s.d/%u.conf", unit, below(s, 3));
                r = write_file(s, name, b.data);
        }
        if (r >= 0 && chance(s, 12)) {
                const char *other = any_name(s);

                snprintf(name, sizeof(name), "%s.%s/%s", unit, suffixes[below(s, 100) < s->hard], other);
                snprintf(target, sizeof(target), "../%s", other);
                r = write_link(s, name, target);
        }
        return r;
}

static int write_members(Set *s, unsigned absent) {
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(members) && r >= 0; i++) {
                Buf b auto_buf = { 0 };

                if (!members[i].text || (absent > 0 && chance(s, absent)))
                        continue;
                add_unit_section(s, members[i].name, &b);
                buf_add(&b, members[i].text);
                r = write_file(s, members[i].name, b.data);
                if (r >= 0)
                        r = write_beside(s, members[i].name);
        }
        return r;
}

int set_generate(const char *directory, unsigned number, char **ret_anchor) {
        static const unsigned shares[] = { 0, 0, 4, 10, 30 };
        Set s = { .directory = directory, .random = (number + 1) * UINT64_C(0x9E3779B97F4A7C15) };
        unsigned absent;
        int r = 0;

        for (unsigned i = 0; i < 8; i++)
                (void)next_random(&s);
        s.n_relations = 1 + below(&s, 4);
        s.hard = shares[below(&s, ELEMENTSOF(shares))];
        s.ordered = chance(&s, 60);
        absent = chance(&s, 30) ? 15 : 0;

        for (size_t i = 0; i < ELEMENTSOF(foundations) && r >= 0; i++)
                if (s.hard == 0 || i < 3 || !chance(&s, 5))
                        r = write_file(&s, foundations[i].name,
                                       *foundations[i].text ? foundations[i].text : "[Unit]\n");
        if (r >= 0)
                r = write_members(&s, absent);
        if (r >= 0)
                r = write_link(&s, "al.service", "s0.service");
        if (r >= 0)
                r = write_link(&s, "masked.service", "/dev/null");
        if (r >= 0 && chance(&s, 10))
                r = write_file(&s, "service.d/all.conf", "[Unit]\nWants=t2.target\n");
        if (r >= 0 && chance(&s, 50)) { /* one that leads to all */
                Buf b auto_buf = { 0 };

                buf_add(&b, "[Unit]\nDefaultDependencies=no\n");
                for (size_t i = 0; i < ELEMENTSOF(members); i++)
                        if (!strstr(members[i].name, "@."))
                                buf_addf(&b, "Wants=%s\n", members[i].name);
                r = write_file(&s, "all.target", b.data);
                if (r >= 0)
                        r = str_printf(ret_anchor, "all.target");
        } else if (r >= 0)
                r = str_printf(ret_anchor, "%s", any_name(&s));
        return r;
}
