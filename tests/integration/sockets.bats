#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# What systemd.socket(5) knows beside TCP and UNIX sockets, the options of all of them, and sockets of others.

load helper

# Services that do with their first descriptor what their name says; what comes of it is in /out/NAME.
peer() {
        cat >"$T/out/peer.py" <<'E'
import ctypes, fcntl, os, signal, socket, struct, sys

libc = ctypes.CDLL(None)
what = sys.argv[1]
if what == "send":  # a message to the queue
    queue = libc.mq_open(b"/jobs", os.O_WRONLY)
    sys.exit(libc.mq_send(queue, b"work", 4, 0) < 0)
if what == "wait":  # for the end of a connection that nobody accepts
    s = socket.socket(socket.AF_UNIX)
    s.connect("/run/flush.sock")
    print("connected", flush=True)
    try:
        print("answered" if s.recv(1) else "ended")
    except ConnectionResetError:
        print("ended")
    sys.exit(0)
if what == "queue":
    text = ctypes.create_string_buffer(64)
    n = libc.mq_receive(3, text, 64, None)
    said = text.raw[:n].decode()
elif what == "link":
    said = "type %d" % struct.unpack_from("=IH", os.read(3, 65536))[1]
elif what == "special":
    said = "%s %d" % (os.readlink("/proc/self/fd/3"), fcntl.fcntl(3, fcntl.F_GETFL) & os.O_ACCMODE)
elif what == "pipe":
    said = "%s %d" % (os.read(3, 100).decode().strip(), fcntl.fcntl(3, 1032))  # F_GETPIPE_SZ
elif what == "tcp":
    stream, datagram = socket.socket(fileno=3), socket.socket(fileno=4)
    congestion = stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()
    said = "%s %d" % (congestion, datagram.getsockopt(socket.SOL_SOCKET, 35))  # SO_TIMESTAMPNS
else:  # given
    said = socket.socket(fileno=3).accept()[0].recv(100).decode() + " " + os.environ["LISTEN_FDNAMES"]
with open("/out/%s.new" % what, "w") as f:
    f.write(said + "\n")
os.rename("/out/%s.new" % what, "/out/" + what)
if what == "special":  # it has always something to read: once is enough
    signal.pause()
E
        local name
        for name; do
                unit "$name.service" <<<"[Service]"$'\n'"ExecStart=/usr/bin/python3 /out/peer.py $name"
        done
}

@test "queues, the kernel's messages, special files and FIFOs start services, with their options set" {
        peer queue link special pipe tcp
        unit queue.socket <<<$'[Socket]\nListenMessageQueue=/jobs\nMessageQueueMaxMessages=4\nMessageQueueMessageSize=64\nRemoveOnStop=yes'
        unit link.socket <<<$'[Socket]\nListenNetlink=route 1'
        unit uevent.socket <<<$'[Socket]\nListenNetlink=kobject-uevent\nPassCredentials=yes\nService=link.service'
        unit special.socket <<<$'[Socket]\nListenSpecial=/dev/random\nWritable=yes'
        unit pipe.socket <<<$'[Socket]\nListenFIFO=/run/pipe\nPipeSize=128K\nSmackLabel=floor'
        unit tcp.socket <<<$'[Socket]\nListenStream=127.0.0.1:7020\nListenDatagram=127.0.0.1:7020\nTCPCongestion=reno\nTimestamping=nsec\nPassFileDescriptorsToExec=yes\nFileDescriptorName=seven\nExecStartPost=/bin/sh -c "echo $LISTEN_FDS $LISTEN_FDNAMES >/out/post"'
        unit none.socket <<<$'[Socket]\nListenSpecial=/none\nService=tcp.service'
        unit parts.socket <<<$'[Socket]\nListenMessageQueue=/in/two\nService=tcp.service'
        boot
        ctl start queue.socket link.socket special.socket pipe.socket tcp.socket uevent.socket
        inside python3 /out/peer.py send
        wrote queue work
        inside ip link set lo mtu 9000
        wrote link "type 16"
        wrote special "/dev/random 2"
        inside_sh 'echo hello >/run/pipe'
        wrote pipe "hello 131072"
        wrote post "2 seven:seven"
        ctl start tcp.service
        wrote tcp "reno 1"
        [ "$(show uevent.socket Listen)" = "kobject-uevent 0 (Netlink)" ]
        [ "$(show queue.socket Listen)" = "/jobs (MessageQueue)" ]
        [ "$(show special.socket Listen)" = "/dev/random (Special)" ]
        [ "$(show queue.socket MessageQueueMaxMessages) $(show queue.socket MessageQueueMessageSize)" = "4 64" ]
        [ "$(show pipe.socket PipeSize) $(show tcp.socket Timestamping) $(show tcp.socket TCPCongestion)" = "131072 ns reno" ]
        [ -d /sys/fs/smackfs ] || wait_logged 'Not applied here: SmackLabel=: /run/pipe: ' -u pipe.socket
        # What cannot be opened is said once, and harms nobody.
        run -1 ctl start none.socket
        [ "$(show none.socket Result)" = resources ]
        wait_logged 'Cannot listen on /none: No such file or directory' -u none.socket
        run -1 ctl start parts.socket
        wait_logged 'Cannot listen on /in/two: ' -u parts.socket
        ctl stop queue.socket
        run ! inside python3 /out/peer.py send

        # FlushPending=: who still waits at the end of the service is told to go.
        unit flush.socket <<<$'[Socket]\nListenStream=/run/flush.sock\nFlushPending=yes'
        unit flush.service <<<$'[Service]\nExecStart=/usr/bin/probe serve'
        ctl daemon-reload
        ctl start flush.socket
        run -0 inside timeout 20 probe connect /run/flush.sock
        inside kill -STOP "$(show flush.service MainPID)"
        inside_sh 'exec timeout 60 python3 /out/peer.py wait >/out/waited' 3>&- &
        wait_host grep -q connected "$T/out/waited"
        inside kill -KILL "$(show flush.service MainPID)"
        wait_host grep -q ended "$T/out/waited"
        [ "$(show flush.service ActiveState) $(show flush.socket SubState)" = "failed listening" ]
}

@test "sockets that svinit was given are used in place of new ones" {
        peer given given-name
        unit given.socket <<<$'[Socket]\nListenStream=@given\nListenStream=/run/new.sock'
        unit given-name.socket <<<$'[Socket]\nListenStream=/run/elsewhere.sock\nFileDescriptorName=web'
        enabled given.socket given-name.socket
        # Two listening sockets, and somebody waits for each already.
        cat >"$T/launcher" <<'E'
#!/usr/bin/python3
import os, socket

listeners, clients = [], []
for name in "given", "other":
    listener, client = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    listener.bind("\0" + name)
    listener.listen()
    client.connect("\0" + name)
    client.send(name.encode())
    listeners.append(os.dup2(listener.fileno(), 20 + len(listeners)))
    clients.append((listener, client))
for number, fd in enumerate(listeners):
    os.dup2(fd, 3 + number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="unknown:web")
os.closerange(5, 64)
os.execv("/usr/sbin/svinit-real", ["/usr/sbin/svinit"])
E
        chmod 755 "$T/launcher"
        boot --bind "$T/launcher:/usr/sbin/svinit" --bind "$STAGE/usr/sbin/svinit:/usr/sbin/svinit-real"
        wrote given "given given.socket:given.socket"
        wrote given-name "other web"
        inside test -S /run/new.sock
        run -1 inside test -e /run/elsewhere.sock
        # Their unit owns them now: once it has stopped, nobody listens, and a start opens what the file says.
        ctl stop given-name.socket given-name.service
        ctl start given-name.socket
        inside test -S /run/elsewhere.sock
}
