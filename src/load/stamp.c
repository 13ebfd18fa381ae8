/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a unit was loaded from, as two numbers. Loading and looking again feed
 * the same things in the same order: names, fragment, drop-ins, directories of
 * links, then SourcePath=.
 */

#include "load/stamp.h"

#include "load/set.h"

#include <errno.h>

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static void mix(uint64_t *hash, const void *data, size_t n) {
        const unsigned char *p = data;

        for (size_t i = 0; i < n; i++)
                *hash = (*hash ^ p[i]) * FNV_PRIME;
}

/* With its end, so that "a" "bc" is not "ab" "c"; NULL is not "". */
static void mix_text(uint64_t *hash, const char *s) {
        if (s)
                mix(hash, s, strlen(s) + 1);
        else
                mix(hash, "\1", 2);
}

static void mix_time(uint64_t *hash, const struct timespec *t) {
        mix(hash, &t->tv_sec, sizeof(t->tv_sec));
        mix(hash, &t->tv_nsec, sizeof(t->tv_nsec));
}

/* All that values may take from the machine and the configuration. */
static void mix_context(uint64_t *hash, const SpecContext *c) {
        const SpecifierHost *h = c->specifiers.host;
        const char *const texts[] = {
                h->architecture,
                h->boot_id,
                h->hostname,
                h->pretty_hostname,
                h->machine_id,
                h->kernel,
                h->os_id,
                h->os_version_id,
                h->os_build_id,
                h->os_variant_id,
                h->os_image_id,
                h->os_image_version,
                h->user,
                h->uid,
                h->group,
                h->gid,
                h->home,
                h->shell,
                h->runtime_dir,
                h->state_dir,
                h->cache_dir,
                h->logs_dir,
                h->configuration_dir,
                h->tmp_dir,
                h->var_tmp_dir,
        };
        const usec_t times[] = { c->default_timeout_start,     c->default_timeout_stop,
                                 c->default_restart_delay,     c->default_start_limit_interval,
                                 c->default_start_limit_burst, c->usable_cpus };
        _Static_assert(sizeof(texts) == sizeof(*h), "every specifier counts");

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                mix_text(hash, texts[i]);
        mix(hash, times, sizeof(times));
        mix_text(hash, c->profile);
}

void stamp_begin(Stamp *s, const SpecContext *c) {
        *s = (Stamp){ { FNV_BASIS, FNV_BASIS }, .settled = true };
        if (c->specifiers.host)
                mix_context(&s->sum.all, c);
}

void stamp_names(Stamp *s, const char *id, char *const *names) {
        mix_text(&s->sum.all, id);
        STRV_FOREACH (n, names)
                mix_text(&s->sum.all, *n);
}

/* An empty file is as good as none whenever it was made. /dev/null changes its times when it likes. */
static bool is_mask(const struct stat *st) {
        return stat_is_null_device(st) || (S_ISREG(st->st_mode) && st->st_size == 0);
}

void stamp_file(Stamp *s, const char *path, const struct stat *st) {
        uint64_t *sums[] = { &s->sum.files, &s->sum.all };

        for (size_t i = 0; i < ELEMENTSOF(sums); i++) {
                mix_text(sums[i], path);
                mix_text(sums[i], !st ? "gone" : is_mask(st) ? "mask" : "file");
                if (!st || is_mask(st))
                        continue;
                mix_time(sums[i], &st->st_mtim);
                mix(sums[i], &st->st_size, sizeof(st->st_size));
        }
        if (!st || stat_is_null_device(st))
                return;
        mix(&s->sum.all, &st->st_dev, sizeof(st->st_dev));
        mix(&s->sum.all, &st->st_ino, sizeof(st->st_ino));
        mix_time(&s->sum.all, &st->st_ctim);
        s->settled = s->settled && stat_is_settled(st);
}

void stamp_path(Stamp *s, const Root *root, const char *path) {
        struct stat st;

        stamp_file(s, path, root_stat(root, path, &st) < 0 ? NULL : &st);
}

/* What is in the directory shows in its times; that a link leads elsewhere as well, for links are not changed but replaced. */
static int stamp_directory(const SearchDir *dir, const char *path, void *userdata) {
        Stamp *s = userdata;
        struct stat st;

        mix_text(&s->sum.all, path);
        if (root_stat(s->root, path, &st) < 0)
                return 0;
        mix(&s->sum.all, &st.st_dev, sizeof(st.st_dev));
        mix(&s->sum.all, &st.st_ino, sizeof(st.st_ino));
        mix_time(&s->sum.all, &st.st_mtim);
        mix_time(&s->sum.all, &st.st_ctim);
        s->settled = s->settled && stat_is_settled(&st);
        return 0;
}

int stamp_links(Stamp *s, const Index *x, const Root *root, char *const *names) {
        static const char *const suffixes[] = { ".wants", ".requires", ".upholds" };
        int r = 0;

        s->root = root;
        for (size_t i = 0; i < ELEMENTSOF(suffixes) && r >= 0; i++)
                r = linked_directories_visit(x, names, suffixes[i], stamp_directory, s);
        return r;
}

void stamp_end(Stamp *s, const Root *root, const char *source_path, LoadStamp *ret) {
        if (source_path)
                stamp_path(s, root, source_path);
        if (!s->settled)
                s->sum.all = 0;
        *ret = s->sum;
}

static int stamp_unit(const Loader *l, Stamp *s, const char *name) {
        char *id auto_free = NULL, **names auto_strv = NULL, **dropins auto_strv = NULL,
                 *set auto_free = NULL;
        const Entry *e = NULL;
        int r;

        r = index_resolve(&l->index, name, &id, &e);
        if (r == -ELOOP)
                r = str_replace(&id, name);
        if (r >= 0)
                r = index_names(&l->index, id, &names);
        if (r >= 0)
                r = strv_add_unique(&names, name);
        if (r < 0)
                return r;

        stamp_names(s, id, names);
        if (!e) {
                r = set_find(&l->index, id, &e, &set);
                if (r < 0)
                        return r;
        }
        if (e) {
                char *path auto_free = NULL;

                r = entry_path(&l->index, e, &path);
                if (r < 0)
                        return r;
                stamp_path(s, &l->root, path);
                if (e->kind == ENTRY_MASK) /* nothing else is looked at */
                        return 0;
        }
        r = set_find_dropins(&l->index, &l->root, names, set, &dropins);
        if (r < 0)
                return r;
        STRV_FOREACH (d, dropins)
                stamp_path(s, &l->root, *d);
        return stamp_links(s, &l->index, &l->root, names);
}

int stamp_now(const Loader *l, const SpecContext *c, const char *name, const char *source_path,
              LoadStamp *ret) {
        Stamp s;
        int r;

        stamp_begin(&s, c);
        r = stamp_unit(l, &s, name);
        if (r >= 0)
                stamp_end(&s, &l->root, source_path, ret);
        return r;
}

int loader_stamp(Loader *l, const SpecContext *defaults, const char *name, const char *source_path,
                 LoadStamp *ret) {
        SpecContext c = defaults ? *defaults : (SpecContext){ 0 };
        int r = l->indexed ? 0 : loader_refresh(l);

        if (!c.specifiers.host)
                c.specifiers.host = l->host;
        return r < 0 ? r : stamp_now(l, &c, name, source_path, ret);
}
