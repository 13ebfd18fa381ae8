/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/tree.h"

#include <errno.h>
#include <stdlib.h>

#define MAP_LARGEST 4096 /* entries; the look for double ones is one by one */

static int refuse(const yaml_parser_t *p, const char *file, Report *report) {
        if (p->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
        report_add(report, SEVERITY_ERROR, file, (unsigned)p->problem_mark.line + 1, NULL,
                   "This is neither YAML nor JSON: %s.", p->problem ? p->problem : "it cannot be read");
        return -EBADMSG;
}

int tree_read(Tree *t, const char *file, const char *text, size_t n, Report *report) {
        yaml_parser_t parser;
        int r = 0;

        if (!yaml_parser_initialize(&parser))
                return -ENOMEM;
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
        if (yaml_parser_load(&parser, &t->document))
                t->loaded = true;
        else
                r = refuse(&parser, file, report);
        yaml_parser_delete(&parser);
        return r;
}

void tree_release(Tree *t) {
        if (t->loaded)
                yaml_document_delete(&t->document);
        t->loaded = false;
}

Node *tree_root(Tree *t) {
        return t->loaded ? yaml_document_get_root_node(&t->document) : NULL;
}

static bool is_plain(const Node *n) {
        return n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ||
               n->data.scalar.style == YAML_ANY_SCALAR_STYLE;
}

NodeKind node_kind(const Node *n) {
        const char *text;

        if (!n)
                return NODE_NULL;
        if (n->type == YAML_MAPPING_NODE)
                return NODE_MAP;
        if (n->type == YAML_SEQUENCE_NODE)
                return NODE_LIST;
        if (n->type != YAML_SCALAR_NODE)
                return NODE_NULL;
        text = (const char *)n->data.scalar.value;
        if (is_plain(n) && (!text[0] || str_equal(text, "~") || !strcasecmp(text, "null")))
                return NODE_NULL;
        return NODE_TEXT;
}

unsigned node_line(const Node *n) {
        return n ? (unsigned)n->start_mark.line + 1 : 0;
}

const char *node_text(const Node *n) {
        return node_kind(n) == NODE_TEXT ? (const char *)n->data.scalar.value : NULL;
}

int node_bool(const Node *n, bool *ret) {
        const char *text = node_text(n);

        if (!text || (strcasecmp(text, "true") && strcasecmp(text, "false")))
                return -EINVAL;
        *ret = text[0] == 't' || text[0] == 'T';
        return 0;
}

size_t list_length(const Node *n) {
        if (node_kind(n) != NODE_LIST)
                return 0;
        return (size_t)(n->data.sequence.items.top - n->data.sequence.items.start);
}

Node *list_at(Tree *t, Node *n, size_t i) {
        return yaml_document_get_node(&t->document, n->data.sequence.items.start[i]);
}

int node_texts(Tree *t, Node *n, char ***ret) {
        char **l auto_strv = NULL;
        int r = 0;

        if (node_text(n))
                r = strv_add(&l, node_text(n));
        else if (node_kind(n) == NODE_MAP)
                return -EINVAL;
        for (size_t i = 0; i < list_length(n) && r >= 0; i++) {
                const char *text = node_text(list_at(t, n, i));

                if (!text)
                        return -EINVAL;
                r = strv_add(&l, text);
        }
        if (r >= 0)
                *ret = TAKE(l);
        return r;
}

static bool has(const Map *m, const char *key) {
        for (size_t i = 0; i < m->n; i++)
                if (str_equal(m->v[i].key, key))
                        return true;
        return false;
}

static int add(Map *m, const char *key, Node *value) {
        int r = array_reserve(&m->v, &m->capacity, m->n + 1, sizeof(*m->v));

        if (r < 0)
                return r;
        m->v[m->n++] = (MapEntry){ key, value };
        return 0;
}

static bool is_merge(const Node *key) {
        return node_text(key) && is_plain(key) && str_equal(node_text(key), "<<");
}

static int read_level(Tree *t, Node *n, unsigned level, Map *ret);

/* One map, or a list of them of which the earlier count more. */
static int read_merged(Tree *t, Node *value, unsigned level, Map *ret) {
        int r = 0;

        if (level >= TREE_DEEP)
                return 0;
        if (node_kind(value) == NODE_MAP)
                return read_level(t, value, level + 1, ret);
        for (size_t i = 0; i < list_length(value) && r >= 0; i++)
                r = read_level(t, list_at(t, value, i), level + 1, ret);
        return r;
}

/* Of two entries with one key in the same map the last one counts, before anything that is merged. */
static int read_level(Tree *t, Node *n, unsigned level, Map *ret) {
        size_t first = ret->n;
        int r = 0;

        if (node_kind(n) != NODE_MAP)
                return 0;
        for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top && r >= 0;
             p++) {
                Node *key = yaml_document_get_node(&t->document, p->key),
                     *value = yaml_document_get_node(&t->document, p->value);
                size_t i = first;

                if (!node_text(key) || is_merge(key) || ret->n >= MAP_LARGEST)
                        continue;
                while (i < ret->n && !str_equal(ret->v[i].key, node_text(key)))
                        i++;
                if (i < ret->n)
                        ret->v[i].value = value;
                else if (!has(ret, node_text(key)))
                        r = add(ret, node_text(key), value);
        }
        for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top && r >= 0; p++)
                if (is_merge(yaml_document_get_node(&t->document, p->key)))
                        r = read_merged(t, yaml_document_get_node(&t->document, p->value), level, ret);
        return r;
}

int map_read(Tree *t, Node *n, Map *ret) {
        return read_level(t, n, 0, ret);
}

void map_release(Map *m) {
        free(m->v);
        *m = (Map){ 0 };
}

Node *map_get(Tree *t, Node *n, const char *key) {
        Map m __attribute__((cleanup(map_release))) = { 0 };

        if (map_read(t, n, &m) < 0)
                return NULL;
        for (size_t i = 0; i < m.n; i++)
                if (str_equal(m.v[i].key, key))
                        return m.v[i].value;
        return NULL;
}

static void add_quoted(Buf *b, const char *s) {
        buf_add_char(b, '"');
        for (; *s; s++)
                if (*s == '"' || *s == '\\')
                        buf_addf(b, "\\%c", *s);
                else if (*s == '\n')
                        buf_add(b, "\\n");
                else if (*s == '\t')
                        buf_add(b, "\\t");
                else if ((unsigned char)*s < ' ')
                        buf_addf(b, "\\u%04x", (unsigned)(unsigned char)*s);
                else
                        buf_add_char(b, *s);
        buf_add_char(b, '"');
}

/* A plain word that reads as a number or a boolean is one. */
static void format_scalar(const Node *n, Buf *b) {
        const char *text = node_text(n);
        char *end;
        bool ignored;

        if (!text) {
                buf_add(b, "null");
                return;
        }
        if (is_plain(n) && (node_bool(n, &ignored) >= 0 || (strtod(text, &end), *end == 0)))
                buf_add(b, text);
        else
                add_quoted(b, text);
}

static void format_level(Tree *t, Node *n, unsigned level, Buf *b) {
        Map m __attribute__((cleanup(map_release))) = { 0 };

        if (node_kind(n) == NODE_NULL || node_kind(n) == NODE_TEXT || level >= TREE_DEEP) {
                format_scalar(n, b);
                return;
        }
        buf_add_char(b, node_kind(n) == NODE_LIST ? '[' : '{');
        for (size_t i = 0; i < list_length(n); i++) {
                buf_add(b, i > 0 ? "," : "");
                format_level(t, list_at(t, n, i), level + 1, b);
        }
        if (map_read(t, n, &m) < 0)
                b->error = -ENOMEM;
        for (size_t i = 0; i < m.n; i++) {
                buf_add(b, i > 0 ? "," : "");
                add_quoted(b, m.v[i].key);
                buf_add_char(b, ':');
                format_level(t, m.v[i].value, level + 1, b);
        }
        buf_add_char(b, node_kind(n) == NODE_LIST ? ']' : '}');
}

void node_format_json(Tree *t, Node *n, Buf *b) {
        format_level(t, n, 0, b);
}
