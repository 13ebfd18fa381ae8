/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/account-file.h"

#include "base/text.h"
#include "conf/words.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

#define LINE_SIZE 8192

/* A FIFO or device in the place of the file must not stop us. */
static int open_regular(const char *path, FILE **ret) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;
        FILE *f;

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        f = fdopen(fd, "r");
        if (!f)
                return -ENOMEM;
        (void)TAKE_FD(fd);
        *ret = f;
        return 0;
}

void account_entry_release(AccountEntry *e) {
        free(e->name);
        free(e->home);
        free(e->shell);
        *e = (AccountEntry){ 0 };
}

static int fill(const struct passwd *pw, AccountEntry *ret) {
        AccountEntry e = { .uid = pw->pw_uid, .gid = pw->pw_gid };
        int r;

        r = str_replace(&e.name, pw->pw_name);
        if (r >= 0)
                r = str_replace(&e.home, pw->pw_dir);
        if (r >= 0)
                r = str_replace(&e.shell, pw->pw_shell);
        if (r < 0) {
                account_entry_release(&e);
                return r;
        }
        *ret = e;
        return 0;
}

static int find_user(const char *name, uid_t uid, AccountEntry *ret) {
        char buffer[LINE_SIZE];
        struct passwd pw, *found;
        FILE *f;
        int r = open_regular("/etc/passwd", &f);

        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        r = -ESRCH;
        while (r == -ESRCH && fgetpwent_r(f, &pw, buffer, sizeof(buffer), &found) == 0)
                if (name ? str_equal(pw.pw_name, name) : pw.pw_uid == uid)
                        r = fill(&pw, ret);
        (void)fclose(f);
        return r;
}

/* "00" is no number of a user: it might mean another one to somebody else. */
static bool has_leading_zero(const char *s) {
        return s[0] == '0' && s[1];
}

int account_file_user(const char *name_or_uid, AccountEntry *ret) {
        uint64_t id;
        int r;

        if (parse_decimal(name_or_uid, &id) < 0 || id > UINT32_MAX || has_leading_zero(name_or_uid))
                return find_user(name_or_uid, 0, ret);
        r = find_user(NULL, (uid_t)id, ret);
        if (r != -ESRCH)
                return r;
        *ret = (AccountEntry){ .uid = (uid_t)id, .gid = (gid_t)id };
        return 0;
}

int account_file_uid(uid_t uid, AccountEntry *ret) {
        return find_user(NULL, uid, ret);
}

static int find_group(const char *name, gid_t gid, gid_t *ret, char **ret_name) {
        char buffer[LINE_SIZE];
        struct group gr, *found;
        FILE *f;
        int r = open_regular("/etc/group", &f);

        if (r < 0)
                return r == -ENOENT ? -ESRCH : r;
        r = -ESRCH;
        while (r == -ESRCH && fgetgrent_r(f, &gr, buffer, sizeof(buffer), &found) == 0) {
                if (name ? !str_equal(gr.gr_name, name) : gr.gr_gid != gid)
                        continue;
                *ret = gr.gr_gid;
                r = ret_name ? str_replace(ret_name, gr.gr_name) : 0;
        }
        (void)fclose(f);
        return r;
}

int account_file_group(const char *name_or_gid, gid_t *ret) {
        uint64_t id;

        if (parse_decimal(name_or_gid, &id) < 0 || id > UINT32_MAX || has_leading_zero(name_or_gid))
                return find_group(name_or_gid, 0, ret, NULL);
        *ret = (gid_t)id;
        return 0;
}

int account_file_gid(gid_t gid, char **ret_name) {
        char *name = NULL;
        gid_t found;
        int r = find_group(NULL, gid, &found, &name);

        if (r < 0)
                return r;
        *ret_name = name;
        return 0;
}

/* A line that is not understood is as good as none. */
static void take_assignment(const char *line, const char *name, char **value) {
        size_t n = strlen(name);
        const char *text = line + n + 1;
        char *word;

        if (strncmp(line, name, n) != 0 || line[n] != '=')
                return;
        if (words_next(&text, WORDS_QUOTES | WORDS_UNESCAPE_RELAX | WORDS_RELAX, &word) <= 0)
                return;
        free(*value);
        *value = word;
}

int assignment_file_read(const char *path, const char *const *names, char **values, size_t n) {
        char *line auto_free = NULL;
        size_t capacity = 0;
        FILE *f;
        int r = open_regular(path, &f);

        if (r < 0)
                return r == -ENOMEM ? r : 0;
        while (getline(&line, &capacity, f) >= 0)
                for (size_t i = 0; i < n; i++)
                        take_assignment(line, names[i], &values[i]);
        (void)fclose(f);
        return 0;
}

int assignment_file_get(const char *path, const char *name, char **ret) {
        *ret = NULL;
        return assignment_file_read(path, &name, ret, 1);
}
