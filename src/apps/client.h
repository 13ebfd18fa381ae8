/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One svctl at the other end of a connection (companion/client-protocol.h).
 *
 * It asks one thing at a time. A client that is gone takes its call back, if
 * nobody works on it yet. One that does not read loses messages that it
 * follows, and is told how many; at the limit for all else it is put out.
 */

#include "apps/apps.h"
#include "companion/client-protocol.h"

#define CLIENTS_MAX 4096 /* who may change something; root is among them */
#define CLIENT_READERS_MAX 128
#define CLIENT_FOLLOW_BYTES (1024 * 1024)

typedef struct Call Call;
typedef struct Trigger Trigger;

typedef struct Client Client;
struct Client {
        Apps *apps;
        int fd; /* owned */
        sd_event_source *source;
        bool controls;
        Buf in, out;   /* of one request; of answers */
        size_t sent;   /* of out */
        char *follows; /* owned; "": all; NULL: nobody */
        int n_lost;
        Call *call;       /* owned; NULL */
        Trigger *trigger; /* owned; NULL */
        Client *prev, *next;
};

/* Takes the descriptor. */
void client_new(Apps *a, int fd, bool controls);
void client_free(Client *c);
/* The client stays until the loop's next turn, whatever happens to it. */
void client_item(Client *c, const char *name, int value, const char *text, size_t n);
void client_end(Client *c, int value, const char *text, size_t n);
void client_fail(Client *c, int error, const char *format, ...) PRINTF_LIKE(3, 4);
/* A message of that instance, to all who follow it. */
void clients_show(Apps *a, const Instance *i, ClientDirection direction, const char *json, size_t n);
