"""A menu on the session bus: com.canonical.dbusmenu over `dbus-fast`. Knows what is shown, and nothing of Homeport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from dbus_fast import PropertyAccess, Variant
from dbus_fast.annotations import DBusBool, DBusInt32, DBusSignature, DBusStr, DBusUInt32, DBusVariant
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from homeport.desktop.view import Choice, Entry

PATH = "/MenuBar"

Layout = Annotated[list[Any], DBusSignature("u(ia{sv}av)")]
Properties = Annotated[list[Any], DBusSignature("a(ia{sv})")]
Ids = Annotated[list[int], DBusSignature("ai")]
Names = Annotated[list[str], DBusSignature("as")]
Nothing = Annotated[None, DBusSignature("")]
"""What `dbus-fast` does not read from an annotation that is a text, as all are here."""
Events = Annotated[list[Any], DBusSignature("a(isvu)")]


class MenuIds:
    """Numbers for items that stay theirs. A menu may still be open when it changes: a click on what it showed then
    must never mean something else, so no number is given twice.
    """

    def __init__(self) -> None:
        self._known: dict[object, int] = {}
        self._last = 0

    def of(self, key: object) -> int:
        if key not in self._known:
            self._last += 1
            self._known[key] = self._last
        return self._known[key]

    def keep_only(self, ids: set[int]) -> None:
        self._known = {key: number for key, number in self._known.items() if number in ids}


class DbusMenu(ServiceInterface):
    """Export it at PATH. `chosen` hears what is clicked."""

    def __init__(self, entries: tuple[Entry, ...], chosen: Callable[[Choice], None]) -> None:
        super().__init__("com.canonical.dbusmenu")
        self._chosen = chosen
        self._ids = MenuIds()
        self._revision = 0
        self._entries: dict[int, Entry] = {}
        self._below: dict[int, list[int]] = {}
        self.replace(entries)

    def replace(self, entries: tuple[Entry, ...]) -> None:
        """Show these from now on; those who show the menu are told by `LayoutUpdated`, which the caller emits."""
        self._entries, self._below = {}, {}
        self._number(0, Entry("Homeport", below=entries), ())
        self._ids.keep_only(set(self._entries))
        self._revision += 1

    def _number(self, number: int, entry: Entry, path: tuple[object, ...]) -> None:
        self._entries[number] = entry
        self._below[number] = below = []
        for place, each in enumerate(entry.below):
            # Two who wait may look the same: what can be chosen below tells them apart.
            key = (*path, each.choice or each.label or place, each.label, *(one.choice for one in each.below))
            below.append(self._ids.of(key))
            self._number(below[-1], each, key)

    def _properties(self, number: int) -> dict[str, Variant]:
        entry = self._entries[number]
        if number == 0:
            return {"children-display": Variant("s", "submenu")}
        if entry.is_separator:
            return {"type": Variant("s", "separator")}
        properties = {
            # A single underscore would underline the letter behind it.
            "label": Variant("s", entry.label.replace("_", "__")),
            "enabled": Variant("b", entry.enabled),
        }
        if entry.checked is not None:
            properties["toggle-type"] = Variant("s", "checkmark")
            properties["toggle-state"] = Variant("i", int(entry.checked))
        if entry.below:
            properties["children-display"] = Variant("s", "submenu")
        return properties

    def _layout(self, number: int, depth: int) -> list[Any]:
        below = [] if depth == 0 else self._below[number]
        return [
            number,
            self._properties(number),
            [Variant("(ia{sv}av)", self._layout(each, depth - 1)) for each in below],
        ]

    def _click(self, number: int, event: str) -> None:
        entry = self._entries.get(number)
        if event == "clicked" and entry is not None and entry.enabled and entry.choice is not None:
            self._chosen(entry.choice)

    @dbus_method()
    def GetLayout(self, parent: DBusInt32, depth: DBusInt32, names: Names) -> Layout:
        return [self._revision, self._layout(parent if parent in self._entries else 0, depth)]

    @dbus_method()
    def GetGroupProperties(self, ids: Ids, names: Names) -> Properties:
        return [[number, self._properties(number)] for number in ids or self._entries if number in self._entries]

    @dbus_method()
    def GetProperty(self, id: DBusInt32, name: DBusStr) -> DBusVariant:
        properties = self._properties(id) if id in self._entries else {}
        return properties.get(name, Variant("s", ""))

    @dbus_method()
    def Event(self, id: DBusInt32, event: DBusStr, data: DBusVariant, timestamp: DBusUInt32) -> Nothing:
        self._click(id, event)

    @dbus_method()
    def EventGroup(self, events: Events) -> Ids:
        for number, event, _, _ in events:
            self._click(number, event)
        return [number for number, *_ in events if number not in self._entries]

    @dbus_method()
    def AboutToShow(self, id: DBusInt32) -> DBusBool:
        return False

    @dbus_method()
    def AboutToShowGroup(self, ids: Ids) -> Annotated[list[list[int]], DBusSignature("aiai")]:
        return [[], [number for number in ids if number not in self._entries]]

    @dbus_signal()
    def LayoutUpdated(self) -> Annotated[list[int], DBusSignature("ui")]:
        return [self._revision, 0]

    @dbus_signal()
    def ItemsPropertiesUpdated(self) -> Annotated[list[Any], DBusSignature("a(ia{sv})a(ias)")]:
        return [[], []]

    @dbus_property(access=PropertyAccess.READ)
    def Version(self) -> DBusUInt32:
        return 3

    @dbus_property(access=PropertyAccess.READ)
    def TextDirection(self) -> DBusStr:
        return "ltr"

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> DBusStr:
        return "normal"

    @dbus_property(access=PropertyAccess.READ)
    def IconThemePath(self) -> Names:
        return []
