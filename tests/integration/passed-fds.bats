#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What services are handed: files of OpenFile=, descriptors of clients, and what they left in the store.

load helper

EXAMPLES=$BATS_TEST_DIRNAME/../../contrib/examples

# Says what has been passed: name, target and how it is open.
teller() {
        cat >"$T/out/tell.py" <<'P'
import fcntl, os, socket, sys
said = []
for i, name in enumerate(filter(None, os.environ.get("LISTEN_FDNAMES", "").split(":"))):
        flags = fcntl.fcntl(3 + i, fcntl.F_GETFL)
        target = os.readlink(f"/proc/self/fd/{3 + i}")
        if target.startswith("socket:"):
                s = socket.socket(fileno=3 + i)
                try:
                        target = "to " + s.getpeername()
                except OSError:
                        target = "at " + s.getsockname()
        mode = "rwb"[flags & os.O_ACCMODE] + ("a" if flags & os.O_APPEND else "") + ("n" if flags & os.O_NONBLOCK else "")
        said.append(f"{name}={target}({mode},{os.fstat(3 + i).st_size})")
with open(sys.argv[1] + ".new", "w") as f:
        f.write(" ".join(said) + "\n")
os.rename(sys.argv[1] + ".new", sys.argv[1])
P
}

@test "OpenFile=: files and sockets are opened as asked; one that is missing is a failure, or graceful" {
        teller
        printf 12345 >"$T/out/a"
        printf 12345 >"$T/out/c:d"
        printf 12345 >"$T/out/truncated"
        unit listen.socket <<<$'[Socket]\nListenStream=/run/listen.sock\nService=other.service'
        unit other.service <<<$'[Service]\nExecStart=/bin/sleep 1000'
        unit open.service <<<$'[Service]\nType=oneshot\nSockets=listen.socket\nUser=nobody\nOpenFile=/out/a\nOpenFile=/out/a:ro:read-only\nOpenFile=/out/c\\x3ad:colon:append\nOpenFile=/out/truncated::truncate\nOpenFile=/none:none:graceful\nOpenFile=/run/listen.sock:sock\nExecStart=/usr/bin/python3 /out/tell.py /out/opened'
        unit fails.service <<<$'[Service]\nOpenFile=/none\nExecStart=/bin/touch /out/started'
        chmod 600 "$T/out/a"
        boot
        ctl start listen.socket open.service
        wrote opened "listen.socket=at /run/listen.sock(b,0) a=/out/a(b,5) ro=/out/a(r,5) colon=/out/c:d(ba,5) truncated=/out/truncated(b,0) sock=to /run/listen.sock(b,0)"
        wait_logged 'Cannot open /none of OpenFile=: No such file or directory; the service starts without it' -u open.service
        [[ $(inside busctl get-property org.freedesktop.systemd1 "$(object open.service)" org.freedesktop.systemd1.Service OpenFile) == \
                'a(sst) 6 "/out/a" "a" 0 "/out/a" "ro" 1 "/out/c:d" "colon" 2 "/out/truncated" "truncated" 4 "/none" "none" 8 "/run/listen.sock" "sock" 0' ]]
        run ! ctl start fails.service
        [ "$(show fails.service Result)/$(show fails.service ActiveState)" = resources/failed ]
        wait_logged 'Cannot open /none of OpenFile=: .*; the service does not start' -u fails.service
        [ ! -e "$T/out/started" ]
}

object() {
        inside busctl --system call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager LoadUnit s "$1" | cut -d'"' -f2
}

@test "a client hands over descriptors with their names, and OpenFile= over D-Bus" {
        teller
        boot
        cat >"$T/give.c" <<'C'
#include <fcntl.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

int main(void) {
        int a = open("/out/tell.py", O_RDONLY), b = open("/out/tell.py", O_RDWR), r;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus *bus;

        if (sd_bus_open_system(&bus) < 0)
                return 2;
        r = sd_bus_call_method(bus, "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
                               "org.freedesktop.systemd1.Manager", "StartTransientUnit", &error, NULL, "ssa(sv)a(sa(sv))",
                               "given.service", "fail", 4,
                               "ExecStart", "a(sasb)", 1, "/usr/bin/python3", 3, "python3", "/out/tell.py", "/out/given", 0,
                               "RemainAfterExit", "b", 1, "ExtraFileDescriptors", "a(hs)", 2, a, "one", b, "two",
                               "OpenFile", "a(sst)", 1, "/out/tell.py", "three", (uint64_t)1, 0);
        if (r < 0)
                puts(error.message);
        return r < 0;
}
C
        "${CC:-cc}" -o "$T/out/give" "$T/give.c" -lsystemd
        run -0 inside /out/give
        size=$(stat -c %s "$T/out/tell.py")
        wrote given "one=/out/tell.py(r,$size) two=/out/tell.py(b,$size) three=/out/tell.py(r,$size)"
        [ "$(show given.service ExtraFileDescriptorNames)" = "one two" ]
}

# Counts, restarts and crashes; the count stays.
counts() {
        wait_host property_is "$1" StatusText "0 counted"
        ctl kill --signal=HUP --kill-who=main "$1"
        wait_host property_is "$1" StatusText "1 counted"
        ctl restart "$1"
        wait_host property_is "$1" StatusText "1 counted"
        ctl kill --signal=HUP --kill-who=main "$1"
        wait_host property_is "$1" StatusText "2 counted"
        first=$(show "$1" MainPID)
        inside kill -KILL "$first"
        wait_host another_pid "$1" "$first"
        wait_host property_is "$1" StatusText "2 counted"
        [ "$(show "$1" NFileDescriptorStore)" = 1 ]
        run -0 inside svctl status "$1"
        [[ $output == *"FD Store: 1 (limit: 1)"*counter* ]]
}

@test "a counter in a memfd survives restarts and crashes, in C and in Python; at a stop it goes as its unit says" {
        "${CC:-cc}" -o "$T/out/counter" "$EXAMPLES/counter.c" -lsystemd
        cp "$EXAMPLES/counter.py" "$T/out/"
        local common=$'Type=notify\nFileDescriptorStoreMax=1\nRestart=always\nRestartSec=0'
        unit c.service <<<$'[Service]\nExecStart=/out/counter\n'"$common"
        unit py.service <<<$'[Service]\nExecStart=/usr/bin/python3 /out/counter.py\nFileDescriptorStorePreserve=yes\n'"$common"
        unit full.service <<<$'[Service]\nNotifyAccess=all\nExecStart=/usr/bin/probe store it'
        boot
        ctl start c.service py.service full.service
        wait_logged 'full.service: Notification refused: FileDescriptorStoreMax= admits no more' -u full.service
        counts c.service
        counts py.service
        ctl stop c.service py.service
        echo "$(show c.service NFileDescriptorStore)/$(show py.service NFileDescriptorStore)"
        [ "$(show c.service NFileDescriptorStore)/$(show py.service NFileDescriptorStore)" = 0/1 ]
        [ "$(show py.service SubState)" = dead-resources-pinned ]
        ctl start c.service py.service
        wait_host property_is c.service StatusText "0 counted"
        wait_host property_is py.service StatusText "2 counted"
}
