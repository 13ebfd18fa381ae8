/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The filters of a unit as the kernel takes them: compiled, kept for the next
 * command of the unit in a memfd that PID 1 holds, loaded.
 */

#include "exec/seccomp-rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What stands behind no other fence; those that do are as good as applied. */
static void note_restrictions(ExecContext *c, const char *reason) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (seccomp_restriction_is_primary(i) && seccomp_restriction_is_wanted(c->plan, i))
                        exec_note_text(c, seccomp_restriction_key(i), reason);
}

static int refuse_filter(ExecContext *c, const char *reason) {
        exec_blame(c, c->plan->sandbox->system_calls ? "SystemCallFilter" : "SystemCallArchitectures");
        exec_reason(c, reason);
        return -EOPNOTSUPP;
}

/* SystemCallFilter= is applied or the unit fails; the others are fences that the service never sees. */
static int do_without(ExecContext *c, const char *reason) {
        note_restrictions(c, reason);
        if (c->plan->sandbox->system_call_log)
                exec_note_text(c, "SystemCallLog", reason);
        return seccomp_filter_is_wanted(c->plan) ? refuse_filter(c, reason) : 0;
}

#if HAVE_LIBSECCOMP

static bool restrictions_are_wanted(const ExecPlan *p) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (seccomp_restriction_is_wanted(p, i))
                        return true;
        return false;
}

/* Whatever is listed may run, and nothing else: no rules, only architectures. */
static int build_architectures(const SeccompLibrary *l, char *const *names, scmp_filter_ctx *ret) {
        scmp_filter_ctx filter = l->init(SCMP_ACT_ALLOW);
        int r;

        if (!filter)
                return -ENOMEM;
        r = l->attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        STRV_FOREACH (name, names) {
                int added = r < 0 ? 0 : l->arch_add(filter, seccomp_architecture_from_string(*name));

                /* There already: ours always is. Another byte order or word size cannot run here anyway. */
                if (added < 0 && added != -EEXIST && added != -EINVAL && added != -EDOM)
                        r = added;
        }
        if (r < 0) {
                l->release(filter);
                return r;
        }
        *ret = filter;
        return 0;
}

static int build(const SeccompLibrary *l, const ExecPlan *p, ExecFilter which, scmp_filter_ctx *ret) {
        const SandboxSpec *s = p->sandbox;

        switch (which) {
        case EXEC_FILTER_RESTRICTIONS:
                return restrictions_are_wanted(p)
                               ? seccomp_build(l, p, SCMP_ACT_ALLOW, seccomp_add_restrictions, ret)
                               : 0;
        case EXEC_FILTER_ARCHITECTURES:
                return s->architectures ? build_architectures(l, s->architectures, ret) : 0;
        case EXEC_FILTER_LOG:
                if (!s->system_call_log)
                        return 0;
                return seccomp_build(l, p, s->system_call_log[0][0] == '~' ? SCMP_ACT_LOG : SCMP_ACT_ALLOW,
                                     seccomp_add_log, ret);
        default:
                return s->system_calls
                               ? seccomp_build(l, p, seccomp_filter_default(p), seccomp_add_calls, ret)
                               : 0;
        }
}

/* How the programs lie in a file: lengths in instructions, then one after the other. */
typedef struct FilterHeader {
        uint32_t complete, n[EXEC_FILTER_MAX];
} FilterHeader;

static int compile(const SeccompLibrary *l, const ExecPlan *p, int fd, FilterHeader *ret) {
        off_t at = lseek(fd, sizeof(*ret), SEEK_SET), end;

        *ret = (FilterHeader){ .complete = 1 };
        for (ExecFilter i = 0; i < EXEC_FILTER_MAX; i++) {
                scmp_filter_ctx filter = NULL;
                int r = build(l, p, i, &filter);

                if (r < 0)
                        return r;
                if (!filter)
                        continue;
                r = l->export_bpf(filter, fd);
                l->release(filter);
                if (r < 0)
                        return r;
                end = lseek(fd, 0, SEEK_CUR);
                ret->n[i] = (uint32_t)((size_t)(end - at) / sizeof(struct sock_filter));
                at = end;
        }
        return pwrite(fd, ret, sizeof(*ret), 0) == sizeof(*ret) ? 0 : -errno;
}

static size_t size_of(const FilterHeader *h) {
        size_t size = sizeof(*h);

        for (ExecFilter i = 0; i < EXEC_FILTER_MAX; i++)
                size += h->n[i] * sizeof(struct sock_filter);
        return size;
}

static int map_filters(ExecContext *c, int fd, const FilterHeader *h) {
        char *p = mmap(NULL, size_of(h), PROT_READ, MAP_PRIVATE, fd, 0);

        if (p == MAP_FAILED)
                return -errno;
        p += sizeof(*h);
        for (ExecFilter i = 0; i < EXEC_FILTER_MAX; i++) {
                c->filters[i] = (struct sock_fprog){ (unsigned short)h->n[i], (struct sock_filter *)p };
                p += h->n[i] * sizeof(struct sock_filter);
        }
        return 0;
}

/* The header comes last: until then nobody takes the rest for complete. Who comes at the same time writes the same. */
static void keep(int from, int to, const FilterHeader *h) {
        size_t size = size_of(h);
        const char *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, from, 0);

        if (p == MAP_FAILED)
                return;
        if (pwrite(to, p + sizeof(*h), size - sizeof(*h), sizeof(*h)) == (ssize_t)(size - sizeof(*h)))
                (void)!pwrite(to, p, sizeof(*h), 0);
        (void)munmap((void *)p, size);
}

/* Worked out before the service's own root is entered: the library lies in ours. */
int step_prepare_filters(ExecContext *c) {
        const ExecPlan *p = c->plan;
        int kept = p->filter_fd, fd auto_fd = -1, r;
        const SeccompLibrary *l;
        FilterHeader h;

        if (!seccomp_is_wanted(p))
                return 0;
        if (kept >= 0 && pread(kept, &h, sizeof(h), 0) == sizeof(h) && h.complete)
                return map_filters(c, kept, &h);
        l = seccomp_library();
        if (!l)
                return do_without(c, "needs libseccomp, which is not installed");
        fd = memfd_create("filters", MFD_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = compile(l, p, fd, &h);
        if (r < 0)
                return r;
        if (kept >= 0)
                keep(fd, kept, &h);
        return map_filters(c, fd, &h);
}

static int load(const struct sock_fprog *filter) {
        if (filter->len == 0)
                return 0;
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) < 0 ? -errno : 0;
}

/* EACCES: neither CAP_SYS_ADMIN nor no-new-privileges, which only secondary restrictions do not imply. */
int step_restrictions(ExecContext *c) {
        int r = load(c->filters + EXEC_FILTER_RESTRICTIONS);

        if (r >= 0 || (r == -EACCES && !seccomp_is_explicit(c->plan)))
                return 0;
        note_restrictions(c, "the kernel refuses system call filters here");
        return 0;
}

int step_filter(ExecContext *c) {
        int r = load(c->filters + EXEC_FILTER_ARCHITECTURES);

        if (r >= 0)
                (void)load(c->filters + EXEC_FILTER_LOG); /* a wish; what follows is not */
        if (r >= 0)
                r = load(c->filters + EXEC_FILTER_CALLS);
        return r < 0 ? refuse_filter(c, "cannot be applied: the kernel refuses system call filters here") : 0;
}

bool seccomp_is_possible(void) {
        return seccomp_library();
}

#else

bool seccomp_is_possible(void) {
        return false;
}

int step_prepare_filters(ExecContext *c) {
        return seccomp_is_wanted(c->plan) ? do_without(c, "needs a svinit that was built with libseccomp")
                                          : 0;
}

int step_restrictions(ExecContext *c) {
        return 0;
}

int step_filter(ExecContext *c) {
        return 0;
}

#endif
