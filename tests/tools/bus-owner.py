#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Owns a name on the system bus until it is ended: bus-owner.py NAME. It answers every call that libdbus answers."""

import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
name = dbus.service.BusName(sys.argv[1], dbus.SystemBus())
dbus.service.Object(name.get_bus(), "/")
GLib.MainLoop().run()
