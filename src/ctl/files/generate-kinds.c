/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/files/generate.h"

#define WHO                                                                                                  \
        "\n"                                                                                                 \
        "# Whose rights it has.\n"                                                                           \
        "@USER@\n"

#define LIMITS                                                                                               \
        "\n"                                                                                                 \
        "# What it may take. Above MemoryHigh= it is slowed down, above MemoryMax= it is killed, and "       \
        "nothing\n"                                                                                          \
        "# else; a percentage is of the container's own limit.\n"                                            \
        "#MemoryHigh=60%\n"                                                                                  \
        "#MemoryMax=80%\n"                                                                                   \
        "#CPUQuota=150%\n"                                                                                   \
        "TasksMax=512\n"

#define SANDBOX                                                                                              \
        "\n"                                                                                                 \
        "# No new rights, by setuid programs either; a /tmp of its own; the system's files are read-only.\n" \
        "NoNewPrivileges=yes\n"                                                                              \
        "PrivateTmp=yes\n"                                                                                   \
        "ProtectSystem=full\n"

#define COMES_BACK                                                                                           \
        "\n"                                                                                                 \
        "# When it ends by itself, it is started again a second later. A run of X-StableSec= was a good "    \
        "one.\n"                                                                                             \
        "Restart=always\n"                                                                                   \
        "RestartSec=1s\n"                                                                                    \
        "X-StableSec=5s\n"

#define GIVES_UP                                                                                             \
        "# So many runs that were short in that time, and it is left as failed.\n"                           \
        "StartLimitBurst=5\n"                                                                                \
        "StartLimitIntervalSec=1min\n"

#define STOPS                                                                                                \
        "\n"                                                                                                 \
        "# SIGTERM, then patience for what it is about, then SIGKILL for all that is left.\n"                \
        "TimeoutStopSec=10s\n"

#define AT_BOOT                                                                                              \
        "\n"                                                                                                 \
        "[Install]\n"                                                                                        \
        "# svctl enable @NAME@: started at boot.\n"                                                          \
        "WantedBy=multi-user.target\n"

#define WITH_SOCKET                                                                                          \
        "\n"                                                                                                 \
        "[Install]\n"                                                                                        \
        "# svctl enable --now @NAME@.socket: it listens at boot, before its service runs.\n"                 \
        "WantedBy=sockets.target\n"

#define HEAD                                                                                                 \
        "[Unit]\n"                                                                                           \
        "Description=@DESCRIPTION@\n"

const GenerateKind generate_kinds[] = {
        { "service",
          "A program that runs on and is started again when it ends",
          GENERATE_COMMAND,
          NULL,
          "/usr/bin/sleep infinity",
          "app",
          { { ".service",
              HEAD GIVES_UP "# What must be up first: after a unit that it also needs, as in\n"
                            "#Requires=redis-server.service\n"
                            "#After=redis-server.service\n"
                            "\n"
                            "[Service]\n"
                            "ExecStart=@COMMAND@\n"
                            "WorkingDirectory=@DIRECTORY@\n"
                            "#Environment=NAME=value\n" WHO COMES_BACK STOPS LIMITS SANDBOX AT_BOOT } } },
        { "node",
          "A web application in Node",
          GENERATE_SCRIPT,
          "node",
          "server.js",
          "web",
          { { ".service",
              HEAD GIVES_UP "\n"
                            "[Service]\n"
                            "ExecStart=@COMMAND@\n"
                            "WorkingDirectory=@DIRECTORY@\n"
                            "Environment=NODE_ENV=production PORT=3000\n" WHO "\n"
                            "# One for each CPU: @NAME@@0, @NAME@@1, ... from this one file; svctl scale "
                            "changes it. They need\n"
                            "# a port each (X-IncrementEnvironment= counts it up), or one socket that all of "
                            "them are given.\n"
                            "#X-Instances=max\n"
                            "#X-IncrementEnvironment=PORT\n"
                            "\n"
                            "# How it is asked whether it may get work; 'svctl roll @NAME@' takes a new "
                            "release there, one instance\n"
                            "# after the other, as long as this is answered, and back when it is not.\n"
                            "#X-ReadinessCheck=http:3000/health\n"
                            "#X-ReadyOn=health\n" COMES_BACK STOPS "\n"
                            "# A leak is met before it hurts: above this it is restarted in order.\n"
                            "#X-MemoryRestart=400M\n" LIMITS SANDBOX AT_BOOT } } },
        { "python",
          "A web application in Python: gunicorn behind a socket of svinit",
          GENERATE_MODULE,
          "gunicorn",
          "app:app",
          "web",
          { { ".socket", HEAD
              "\n"
              "[Socket]\n"
              "# svinit listens: while the service restarts, who connects waits, and nobody is refused.\n"
              "ListenStream=8000\n" WITH_SOCKET },
            { ".service", HEAD GIVES_UP
              "Requires=@NAME@.socket\n"
              "After=@NAME@.socket\n"
              "\n"
              "[Service]\n"
              "# gunicorn says itself when it is ready, and takes the socket that it is given.\n"
              "Type=notify\n"
              "NotifyAccess=all\n"
              "ExecStart=@COMMAND@\n"
              "# svctl reload: new workers with the new code, the old ones end when they are done.\n"
              "ExecReload=/bin/kill -HUP $MAINPID\n"
              "KillMode=mixed\n"
              "WorkingDirectory=@DIRECTORY@\n"
              "Environment=PYTHONUNBUFFERED=1\n" WHO COMES_BACK STOPS LIMITS SANDBOX } } },
        { "static",
          "Files over HTTP, one process for each connection and none without",
          GENERATE_DIRECTORY,
          "busybox",
          "/var/www/html",
          "static",
          { { ".socket", HEAD "\n"
                              "[Socket]\n"
                              "ListenStream=8080\n"
                              "# Each connection gets a process of its own, up to so many at once.\n"
                              "Accept=yes\n"
                              "MaxConnections=64\n" WITH_SOCKET },
            { "@.service",
              HEAD "\n"
                   "[Service]\n"
                   "ExecStart=@COMMAND@\n"
                   "StandardInput=socket\n"
                   "StandardError=journal\n"
                   "\n"
                   "# A user that exists only while it runs, and sees nothing but what it serves.\n"
                   "DynamicUser=yes\n"
                   "ProtectHome=read-only\n"
                   "RuntimeMaxSec=5min\n"
                   "MemoryMax=32M\n"
                   "TasksMax=8\n" } } },
        { "worker",
          "A program without a port, such as one that takes jobs from a queue; some of them",
          GENERATE_COMMAND,
          NULL,
          "/usr/bin/sleep infinity",
          "worker",
          { { ".service",
              HEAD GIVES_UP "\n"
                            "[Service]\n"
                            "ExecStart=@COMMAND@\n"
                            "WorkingDirectory=@DIRECTORY@\n"
                            "\n"
                            "# So many, each with its own processes, log and limits; svctl scale @NAME@ +1.\n"
                            "X-Instances=2\n"
                            "# Each knows its number.\n"
                            "Environment=WORKER=%i\n" WHO COMES_BACK "\n"
                            "# A job that it is at may be finished before it ends.\n"
                            "TimeoutStopSec=1min\n" LIMITS SANDBOX AT_BOOT } } },
        { "pool",
          "Workers behind one UNIX socket: who is free takes the next job",
          GENERATE_COMMAND,
          NULL,
          "/usr/bin/sleep infinity",
          "pool",
          { { ".socket", HEAD
              "\n"
              "[Socket]\n"
              "# The queue of this socket is the queue of jobs; when it is full, who connects is told so.\n"
              "ListenStream=/run/@NAME@.sock\n"
              "Backlog=128\n"
              "SocketMode=0660\n" WITH_SOCKET },
            { ".service", HEAD GIVES_UP
              "Requires=@NAME@.socket\n"
              "After=@NAME@.socket\n"
              "\n"
              "[Service]\n"
              "# All have the listening socket as descriptor 3 ($LISTEN_FDS), and accept(2) from it.\n"
              "ExecStart=@COMMAND@\n"
              "WorkingDirectory=@DIRECTORY@\n"
              "X-Instances=4\n" WHO COMES_BACK STOPS LIMITS SANDBOX } } },
        { "cron",
          "A command at certain times",
          GENERATE_CALENDAR,
          NULL,
          "/usr/bin/true",
          "job",
          { { ".timer", HEAD "\n"
                             "[Timer]\n"
                             "# 'svctl analyze calendar' shows when that is next; in the container's time "
                             "zone unless one is "
                             "named.\n"
                             "OnCalendar=@CALENDAR@\n"
                             "# What was missed while the container did not run is made up for.\n"
                             "Persistent=yes\n"
                             "\n"
                             "[Install]\n"
                             "# svctl enable --now @NAME@.timer\n"
                             "WantedBy=timers.target\n" },
            { ".service", HEAD
              "\n"
              "[Service]\n"
              "# It runs once; the next event waits until it has ended. 'svctl start @NAME@' runs it now.\n"
              "Type=oneshot\n"
              "ExecStart=@COMMAND@\n"
              "WorkingDirectory=@DIRECTORY@\n"
              "TimeoutStartSec=1h\n"
              "Nice=10\n" WHO SANDBOX } } },
        { "oneshot",
          "A command that is done when it has ended, such as a migration",
          GENERATE_COMMAND,
          NULL,
          "/usr/bin/true",
          "setup",
          { { ".service",
              HEAD "# Who comes behind it:\n"
                   "#Before=web.service\n"
                   "\n"
                   "[Service]\n"
                   "Type=oneshot\n"
                   "ExecStart=@COMMAND@\n"
                   "WorkingDirectory=@DIRECTORY@\n"
                   "# It counts as active afterwards, so that it runs once and others can require it.\n"
                   "RemainAfterExit=yes\n"
                   "TimeoutStartSec=5min\n" WHO SANDBOX AT_BOOT } } },
        { "socket",
          "A program that is started by the first who connects",
          GENERATE_COMMAND,
          NULL,
          "/usr/bin/cat",
          "server",
          { { ".socket", HEAD
              "\n"
              "[Socket]\n"
              "ListenStream=127.0.0.1:7000\n"
              "# With yes each connection has a process of its own, on standard input and output (and the\n"
              "# service is a template, @NAME@@.service); with no one process accepts them all.\n"
              "Accept=yes\n" WITH_SOCKET },
            { "@.service", HEAD "\n"
                                "[Service]\n"
                                "ExecStart=@COMMAND@\n"
                                "StandardInput=socket\n"
                                "StandardError=journal\n"
                                "WorkingDirectory=@DIRECTORY@\n" WHO LIMITS SANDBOX } } },
        { "path",
          "A command that runs when files are dropped into a directory",
          GENERATE_COMMAND,
          NULL,
          "/usr/bin/true",
          "inbox",
          { { ".path", HEAD "\n"
                            "[Path]\n"
                            "# As long as something is in there, the service is started again: it takes away "
                            "what it has done.\n"
                            "DirectoryNotEmpty=/var/spool/@NAME@\n"
                            "MakeDirectory=yes\n"
                            "\n"
                            "[Install]\n"
                            "# svctl enable --now @NAME@.path\n"
                            "WantedBy=paths.target\n" },
            { ".service", HEAD "\n"
                               "[Service]\n"
                               "Type=oneshot\n"
                               "ExecStart=@COMMAND@\n"
                               "WorkingDirectory=@DIRECTORY@\n" WHO SANDBOX } } },
        { 0 },
};
