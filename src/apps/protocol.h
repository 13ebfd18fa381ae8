/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What PID 1 and svinit-apps say to each other, over the pair of
 * companion/link.h. svinit-apps reads what applications write; PID 1 never
 * does. It may die at any time: PID 1 keeps its own end of every channel, and
 * hands all of them over again to the next svinit-apps, which goes on where
 * the stream is.
 *
 * An instance is one run of one unit; its id is never used again. What comes
 * from svinit-apps is a verb, the id of an instance and a number, nothing
 * else: PID 1 looks the instance up, and a stranger's id or number is dropped.
 *
 * Half a message with another one behind it would end a Node program. What the kernel takes as one piece
 * svinit-apps writes itself; longer messages it gives to PID 1 in a memfd (TRANSFER), which moves the bytes into
 * the channel without looking at them, whoever dies meanwhile.
 *
 * In order: HELLO and KEPT, then INSTANCE of each, then READY_END. The text of INSTANCE is lines KEY=value:
 *
 *      UNIT=               "web@0.service"
 *      SET=                what it is an instance of: "web.service", "task@.service"; absent: of nothing
 *      MAX_MESSAGE=        bytes
 *      QUEUE_MAX=          calls that may wait in the set
 *      CALL_TIMEOUT_USEC=  absent: none
 *      CLUSTER=1           it may ask for sockets
 *      DRAIN=1             svinit-node.js is in it
 *      STOP_MESSAGE=1      it keeps its channel when it has drained: SAY comes by it
 *      FRESH=1             nobody has read from its channel yet
 *      AWAIT_READY=1       it takes no calls before it has sent "ready"
 *      TRANSFER=1          a TRANSFER to it is still under way
 *
 * The text of PROBE is such lines as well; svinit-apps keeps nothing of it when it has answered:
 *
 *      KIND=               http, tcp, unix, message
 *      HOST=, PORT=        http, tcp; no HOST= is 127.0.0.1, then ::1
 *      PATH=               http: of the request; unix: of the socket
 *      INSTANCE=, TEXT=    message
 *      TIMEOUT_USEC=
 */

#include "companion/link.h"

#include <sys/socket.h>

#define APPS_PROTOCOL_VERSION 1

typedef enum AppsVerb {
        /* PID 1 -> svinit-apps */
        APPS_HELLO = 1, /* id: the version; an svinit-apps of another one leaves */
        APPS_INSTANCE,  /* id, text, 1 fd: svinit's end of the channel; or none */
        APPS_KEPT,      /* 1 fd: as svinit-apps gave it away by KEEP */
        APPS_READY_END,
        APPS_FORGET,      /* id: its run has ended; what is in the channel is read first */
        APPS_TRANSFERRED, /* id: all of it is in the channel */
        APPS_SAY,         /* id, text: send it this message (X-StopMessage=) */
        APPS_TOLD, /* id, text: what it has told of itself by sd_notify, X_METRIC_name=value or X_ACTIONS=names */
        APPS_CLIENT, /* value: AppsClientRight; 1 fd: a connection, see companion/client-protocol.h */
        APPS_PROBE,  /* id: of this question, not of an instance; text: see above */
        /* svinit-apps -> PID 1 */
        APPS_PASSED,   /* id, value: AppsGate */
        APPS_CLOSED,   /* id: its end of the channel is closed, and all of it is read */
        APPS_RESTART,  /* id, value: AppsReason */
        APPS_UNSAID,   /* id: the text of SAY cannot be delivered */
        APPS_COMPLAIN, /* id, value: AppsComplaint */
        APPS_KEEP,     /* 1 fd: for the next svinit-apps, see owing.h */
        APPS_TRANSFER, /* id, 1 fd: a memfd, whose content goes into the channel; TRANSFERRED follows, and nothing else goes in before */
        APPS_PROBED, /* id: of PROBE, value: AppsProbeCode, an HTTP status, or APPS_PROBE_ERRNO and an errno */
        /* X-IPC=node-cluster */
        APPS_LISTEN,  /* <- id, text: ListenQuestion */
        APPS_SOCKET,  /* -> id, and 1 fd, or value: a negative errno. The answer to LISTEN, one for each */
        APPS_DRAIN,   /* -> id: it is to leave its accept loop */
        APPS_DRAINED, /* <- id: its last connection is gone; its channel is not, if it has STOP_MESSAGE */
        APPS_VERB_MAX,
} AppsVerb;

/* What a program wants to listen to. Bytes from outside to PID 1, which checks every one of them. */
typedef struct ListenQuestion {
        int32_t kind;   /* SOCK_STREAM or SOCK_DGRAM */
        int32_t fd;     /* that descriptor of its own, and no address; -1 */
        uint32_t index; /* the how-manyeth server of the program on this address */
        uint8_t any;    /* no address was named: IPv4's any address will do where there is no IPv6 */
        uint8_t ipv6_only;
        uint16_t reserved;
        uint32_t address_length;
        struct sockaddr_storage address;
} ListenQuestion;

typedef enum AppsClientRight {
        APPS_CLIENT_READS,
        APPS_CLIENT_CONTROLS,
} AppsClientRight;

typedef enum AppsGate {
        APPS_GATE_MESSAGE,   /* it has sent "ready" */
        APPS_GATE_LISTENING, /* it listens to a socket that it was given */
        APPS_GATE_MAX
} AppsGate;

typedef enum AppsReason {
        APPS_REASON_CALL_TIMEOUT, /* no answer to a call within X-CallTimeoutSec= */
        APPS_REASON_MAX
} AppsReason;

typedef enum AppsComplaint {
        APPS_NO_JSON,  /* a line that is no JSON text */
        APPS_TOO_LONG, /* a message above X-IPCMaxMessage= */
        APPS_NOT_READ, /* it does not read: messages to it are dropped */
        APPS_COMPLAINT_MAX
} AppsComplaint;

typedef enum AppsProbeCode {
        APPS_PROBE_WELL,
        APPS_PROBE_LATE,       /* no answer in time */
        APPS_PROBE_NO_HTTP,    /* what answered does not speak it */
        APPS_PROBE_CLOSED,     /* the connection was closed without an answer */
        APPS_PROBE_NO_JSON,    /* message: the text is none that could be sent */
        APPS_PROBE_NO_CHANNEL, /* message: there is none, or it does not read */
        APPS_PROBE_UNKNOWN,    /* it could not be asked: too much of svinit-apps is in use, say */
        APPS_PROBE_STATUS = 100,
        APPS_PROBE_ERRNO = 1000,
} AppsProbeCode;
