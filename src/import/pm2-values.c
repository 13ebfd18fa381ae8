/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/pm2.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const char *pm2_text(const Pm2App *a, Pm2Key key) {
        return node_text(a->given[key]);
}

bool pm2_is(const Pm2App *a, Pm2Key key, bool otherwise) {
        bool value = otherwise;

        if (a->given[key] && node_bool(a->given[key], &value) < 0)
                return node_text(a->given[key]) &&
                       node_text(a->given[key])[0] && /* JavaScript's idea of truth */
                       !str_equal(node_text(a->given[key]), "0");
        return value;
}

static int number(const char *text, const char *units, const double *factors, double *ret) {
        char *end;
        double d = strtod(text, &end);

        if (end == text || !(d >= 0) || !isfinite(d))
                return -EINVAL;
        if (*end) {
                const char *unit = strchr(units, *end);

                if (!unit || end[1])
                        return -EINVAL;
                d *= factors[unit - units];
        }
        *ret = d;
        return 0;
}

int pm2_milliseconds(const char *text, double *ret) {
        static const double factors[] = { 1000, 60 * 1000, 3600 * 1000 };

        return number(text, "smh", factors, ret);
}

bool pm2_time(const Pm2App *a, Pm2Key key, double *ret_ms) {
        const char *text = pm2_text(a, key);

        if (!a->given[key])
                return false;
        if (text && pm2_milliseconds(text, ret_ms) >= 0 && *ret_ms < 1e15)
                return true;
        draft_drop(a->draft, "'%s' (line %u), which is no time", text ?: "", node_line(a->given[key]));
        return false;
}

bool pm2_number(const Pm2App *a, Pm2Key key, double *ret) {
        const char *text = pm2_text(a, key);

        if (!a->given[key])
                return false;
        if (text && number(text, "", NULL, ret) >= 0 && *ret < 1e9)
                return true;
        draft_drop(a->draft, "'%s' (line %u), which is no number", text ?: "", node_line(a->given[key]));
        return false;
}

/* PM2 splits at blanks; what one pair of quotes encloses stays together, and loses them only if they enclose all of it. */
static int split(const char *p, char ***ret) {
        int r = 0;

        while (p += strspn(p, " \t\r\n"), *p && r >= 0) {
                size_t n = strcspn(p, " \t\r\n\"'"), blank = strcspn(p, " \t\r\n");
                const char *close = p[n] == '"' || p[n] == '\'' ? strchr(p + n + 1, p[n]) : NULL;
                char *word = NULL;

                if (close && n == 0)
                        word = strndup(p + 1, (size_t)(close - p) - 1);
                else if (close && p[n - 1] == '=')
                        word = strndup(p, (size_t)(close - p) + 1);
                else
                        word = strndup(p, blank);
                p = close && (n == 0 || p[n - 1] == '=') ? close + 1 : p + blank;
                r = !word ? -ENOMEM : word[strspn(word, " \t")] ? strv_push(ret, word) : (free(word), 0);
        }
        return r;
}

int pm2_words(const Pm2App *a, Pm2Key key, char ***ret) {
        char **l auto_strv = NULL;
        int r;

        if (!a->given[key])
                return 0;
        r = pm2_text(a, key) ? split(pm2_text(a, key), &l) : node_texts(a->tree, a->given[key], &l);
        if (r == -EINVAL) {
                draft_drop(a->draft, "line %u: words were expected there", node_line(a->given[key]));
                return 0;
        }
        if (r < 0)
                a->import->error = r;
        else
                *ret = TAKE(l);
        return r;
}

void pm2_format_milliseconds(double ms, Buf *b) {
        uint64_t n = (uint64_t)(ms + 0.5);

        if (n >= 1000 && n % 1000 == 0)
                buf_addf(b, "%llus", (unsigned long long)n / 1000);
        else
                buf_addf(b, "%llums", (unsigned long long)n);
}
