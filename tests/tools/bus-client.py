#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of org.freedesktop.systemd1 in another language, with libdbus below it.

Usage: bus-client.py start UNIT RESULT       starts it and waits for the end of the job, as libraries do
       bus-client.py subscribe               subscribes and stays, so that signals go to the bus
       bus-client.py scope PID               makes controlled.scope of it, to be asked when it has to stop
       bus-client.py exporter                calls what node_exporter's systemd collector calls

What it finds is checked here, types included; it prints what is wrong and exits with 1.
"""

import sys

import dbus
import dbus.mainloop.glib
from gi.repository import GLib

NAME = "org.freedesktop.systemd1"
MANAGER = NAME + ".Manager"
PROPERTIES = "org.freedesktop.DBus.Properties"
DEADLINE = 60  # seconds

# What belongs together in a state that is no half of a transition: active state -> sub-states of a service.
STATES = {
    "inactive": {"dead"},
    "failed": {"failed"},
    "active": {"running", "exited"},
    "activating": {"condition", "start-pre", "start", "start-post", "auto-restart"},
    "deactivating": {"stop", "stop-sigterm", "stop-sigkill", "stop-post", "final-sigterm", "final-sigkill", "stop-watchdog"},
    "reloading": {"reload"},
}


def expect(condition, words):
    if not condition:
        print(words)
        sys.exit(1)


class Client:
    def __init__(self):
        dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
        self.bus = dbus.SystemBus()
        self.loop = GLib.MainLoop()
        self.manager = dbus.Interface(self.bus.get_object(NAME, "/org/freedesktop/systemd1"), MANAGER)
        self.removed = {}
        self.seen = []

    def get(self, path, interface, name):
        return dbus.Interface(self.bus.get_object(NAME, path), PROPERTIES).Get(NAME + "." + interface, name)

    def wait(self, done):
        """Runs the loop until then."""
        GLib.timeout_add_seconds(DEADLINE, expect, False, "the job does not end")
        while not done():
            expect(self.bus.get_is_connected(), "the bus has gone")
            self.loop.get_context().iteration(True)

    def on_removed(self, number, job, unit, result):
        self.seen.append(("removed", str(unit), str(result)))
        self.removed[str(job)] = str(result)

    def on_changed(self, interface, changed, invalidated):
        self.seen.append(("changed", str(interface), dict(changed)))


def start(name, result):
    c = Client()
    path = c.manager.LoadUnit(name)
    c.bus.add_signal_receiver(c.on_removed, "JobRemoved", MANAGER, NAME, "/org/freedesktop/systemd1")
    c.bus.add_signal_receiver(c.on_changed, "PropertiesChanged", PROPERTIES, NAME, path)
    c.manager.Subscribe()
    job = str(c.manager.StartUnit(name, "replace"))
    c.wait(lambda: job in c.removed)
    expect(c.removed[job] == result, f"the job's result is {c.removed[job]}, not {result}")

    end = c.seen.index(("removed", name, result))
    told = [dict(x[2]) for x in c.seen[:end] if x[0] == "changed" and x[1] == NAME + ".Unit"]
    expect(told, "no PropertiesChanged before JobRemoved")
    for changed in told:
        expect(str(changed["SubState"]) in STATES[str(changed["ActiveState"])],
               f"half a transition: {changed['ActiveState']} ({changed['SubState']})")
    # The interface of the type goes first.
    kinds = [x[1] for x in c.seen[:end] if x[0] == "changed"]
    expect(kinds[0] == NAME + ".Service" and kinds[1] == NAME + ".Unit", f"the order of signals is {kinds}")

    expect(told[-1]["ActiveState"] == c.get(path, "Unit", "ActiveState"), "the last signal is not what is read after it")
    everything = dbus.Interface(c.bus.get_object(NAME, path), PROPERTIES).GetAll("")
    expect({"Id", "MainPID", "ActiveState", "ExecStart"} <= set(map(str, everything)), "GetAll of no interface is not all")
    c.manager.Unsubscribe()
    print(told[-1]["ActiveState"], told[-1]["SubState"])


def subscribe():
    c = Client()
    c.manager.Subscribe()
    print("subscribed", flush=True)
    c.loop.run()


def scope(pid):
    c = Client()
    asked = []
    c.bus.add_signal_receiver(lambda: asked.append(1), "RequestStop", NAME + ".Scope", NAME,
                              "/org/freedesktop/systemd1/unit/controlled_2escope")
    properties = [("PIDs", dbus.Array([dbus.UInt32(pid)], "u")), ("Controller", c.bus.get_unique_name())]
    c.manager.StartTransientUnit("controlled.scope", "fail", properties, dbus.Array([], "(sa(sv))"))
    print("made", flush=True)
    c.wait(lambda: asked)
    print("asked", flush=True)
    c.loop.run()


def exporter():
    """It takes the types for granted: another width of an integer is the end of it."""
    c = Client()
    manager = "/org/freedesktop/systemd1"
    for name, kind in (("Version", dbus.String), ("Virtualization", dbus.String), ("SystemState", dbus.String)):
        expect(type(c.get(manager, "Manager", name)) is kind, f"{name} is no {kind}")
    kinds = {
        "service": (("Service", "Type", dbus.String), ("Service", "NRestarts", dbus.UInt32),
                    ("Service", "TasksCurrent", dbus.UInt64), ("Service", "TasksMax", dbus.UInt64)),
        "mount": (("Mount", "Type", dbus.String),),
        "timer": (("Timer", "LastTriggerUSec", dbus.UInt64),),
        "socket": (("Socket", "NAccepted", dbus.UInt32), ("Socket", "NConnections", dbus.UInt32),
                   ("Socket", "NRefused", dbus.UInt32)),
    }
    met = set()
    for unit in c.manager.ListUnits():
        expect(len(unit) == 10, "ListUnits has other columns")
        kind = str(unit[0]).rpartition(".")[2]
        for interface, name, wanted in kinds.get(kind, ()) + (("Unit", "ActiveEnterTimestamp", dbus.UInt64),):
            value = c.get(unit[6], interface, name)
            expect(type(value) is wanted, f"{unit[0]}: {name} is {type(value)}, not {wanted}")
        met.add(kind)
    expect(set(kinds) <= met, f"only {met} were there")
    print("well")


if __name__ == "__main__":
    if sys.argv[1:2] == ["start"] and len(sys.argv) == 4:
        start(sys.argv[2], sys.argv[3])
    elif sys.argv[1:] == ["exporter"]:
        exporter()
    elif sys.argv[1:2] == ["scope"] and len(sys.argv) == 3:
        scope(int(sys.argv[2]))
    elif sys.argv[1:] == ["subscribe"]:
        subscribe()
    else:
        sys.exit(__doc__)
