/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A YAML or JSON file as a tree of nodes, read by libyaml: JSON is YAML with
 * fewer freedoms. Nodes are libyaml's own; they keep their line, and whether
 * they stood in quotes, which decides between null or true and a word.
 *
 * Merge keys ("<<") are followed. A node may be reached on several ways, and
 * by anchors even from itself: who walks deeper than it knows counts levels.
 */

#include "base/report.h"

#include <yaml.h>

typedef yaml_node_t Node;

typedef struct Tree {
        yaml_document_t document;
        bool loaded;
} Tree;

typedef enum NodeKind {
        NODE_NULL, /* absent, null, ~ or nothing at all */
        NODE_TEXT,
        NODE_LIST,
        NODE_MAP,
} NodeKind;

typedef struct MapEntry {
        const char *key;
        Node *value; /* never NULL; NODE_NULL is possible */
} MapEntry;

typedef struct Map {
        MapEntry *v;
        size_t n, capacity;
} Map;

#define TREE_DEEP 32 /* levels that those who walk all of it follow */

/* 0; -EBADMSG with a finding under `file`; -ENOMEM. A tree that holds nothing is NODE_NULL. */
int tree_read(Tree *t, const char *file, const char *text, size_t n, Report *report);
void tree_release(Tree *t);
Node *tree_root(Tree *t);

NodeKind node_kind(const Node *n);
unsigned node_line(const Node *n);
const char *node_text(const Node *n); /* of NODE_TEXT; else NULL */
/* true, false: 0. Anything else: -EINVAL. */
int node_bool(const Node *n, bool *ret);
size_t list_length(const Node *n); /* 0 for what is no list */
Node *list_at(Tree *t, Node *n, size_t i);
/* A list of texts, or one text alone as a list of one. -EINVAL when there is something else. */
int node_texts(Tree *t, Node *n, char ***ret);
/* The entries of a map, merged ones included, each key once, in their order. What is no map has none. 0 or -ENOMEM. */
int map_read(Tree *t, Node *n, Map *ret);
void map_release(Map *m);
Node *map_get(Tree *t, Node *n, const char *key); /* NULL: not there */
/* As JSON.stringify() writes it. */
void node_format_json(Tree *t, Node *n, Buf *b);
