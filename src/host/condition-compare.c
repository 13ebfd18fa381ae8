/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/condition-internal.h"

#include <ctype.h>
#include <fnmatch.h>

Operator operator_take(const char **p, bool globs) {
        static const struct {
                const char *text;
                Operator o;
        } words[] = {
                /* the longer first */
                { "!$=", OPERATOR_NO_GLOB },      { "$=", OPERATOR_GLOB },      { "<=", OPERATOR_LESS_EQUAL },
                { ">=", OPERATOR_GREATER_EQUAL }, { "<>", OPERATOR_DIFFERENT }, { "==", OPERATOR_SAME },
                { "!=", OPERATOR_UNEQUAL },       { "<", OPERATOR_LESS },       { ">", OPERATOR_GREATER },
                { "=", OPERATOR_EQUAL },
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                const char *rest = str_after(*p, words[i].text);

                if (rest && (globs || (words[i].o != OPERATOR_GLOB && words[i].o != OPERATOR_NO_GLOB))) {
                        *p = rest;
                        return words[i].o;
                }
        }
        return OPERATOR_NONE;
}

static bool order_holds(Operator o, int order) {
        switch (o) {
        case OPERATOR_LESS:
                return order < 0;
        case OPERATOR_LESS_EQUAL:
                return order <= 0;
        case OPERATOR_SAME:
        case OPERATOR_EQUAL:
                return order == 0;
        case OPERATOR_DIFFERENT:
        case OPERATOR_UNEQUAL:
                return order != 0;
        case OPERATOR_GREATER_EQUAL:
                return order >= 0;
        case OPERATOR_GREATER:
                return order > 0;
        default:
                return false;
        }
}

bool operator_holds_number(Operator o, uint64_t a, uint64_t b) {
        return order_holds(o, a < b ? -1 : a > b);
}

bool operator_holds_text(Operator o, const char *actual, const char *wanted) {
        switch (o) {
        case OPERATOR_GLOB:
                return fnmatch(wanted, actual, 0) == 0;
        case OPERATOR_NO_GLOB:
                return fnmatch(wanted, actual, 0) != 0;
        case OPERATOR_EQUAL:
        case OPERATOR_UNEQUAL:
                return order_holds(o, strcmp(actual, wanted));
        default:
                return order_holds(o, version_compare(actual, wanted));
        }
}

static bool is_part(char c) {
        return isalnum((unsigned char)c) || c == '~' || c == '^' || c == '-' || c == '.';
}

/* Digits as numbers: leading zeros do not count, more digits are more. */
static int compare_digits(const char **a, const char **b) {
        size_t n, m;
        int order;

        *a += strspn(*a, "0");
        *b += strspn(*b, "0");
        n = strspn(*a, "0123456789");
        m = strspn(*b, "0123456789");
        order = n != m ? (n < m ? -1 : 1) : strncmp(*a, *b, n);
        *a += n;
        *b += m;
        return order;
}

static int compare_letters(const char **a, const char **b) {
        bool more_a, more_b;

        while (isalpha((unsigned char)**a) && **a == **b) {
                ++*a;
                ++*b;
        }
        more_a = isalpha((unsigned char)**a);
        more_b = isalpha((unsigned char)**b);
        if (more_a && more_b)
                return (unsigned char)**a - (unsigned char)**b;
        return more_a - more_b;
}

/* A number is newer than a letter. */
static int compare_words(const char **a, const char **b) {
        bool number_a = isdigit((unsigned char)**a), number_b = isdigit((unsigned char)**b);

        if (!number_a && !number_b)
                return compare_letters(a, b);
        return number_a && number_b ? compare_digits(a, b) : number_a - number_b;
}

/* One of the separators on one side only: that side is `with` against the other. */
static int compare_mark(const char **a, const char **b, char mark, int with) {
        if (**a != mark && **b != mark)
                return 0;
        if (**a != mark)
                return -with;
        if (**b != mark)
                return with;
        ++*a;
        ++*b;
        return 0;
}

/* The specification is the version format of uapi-group.org, which systemd 252 uses. */
int version_compare(const char *a, const char *b) {
        for (;;) {
                int order;

                while (*a && !is_part(*a))
                        a++;
                while (*b && !is_part(*b))
                        b++;
                order = compare_mark(&a, &b, '~', -1);
                if (order != 0)
                        return order;
                if (!*a || !*b)
                        return *a ? 1 : *b ? -1 : 0;
                order = compare_mark(&a, &b, '-', -1);
                if (order == 0)
                        order = compare_mark(&a, &b, '^', -1);
                if (order == 0)
                        order = compare_mark(&a, &b, '.', -1);
                if (order == 0)
                        order = compare_words(&a, &b);
                if (order != 0)
                        return order;
        }
}
