"""The icon on the session bus: org.kde.StatusNotifierItem over `dbus-fast`. Says what a panel draws; draws nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from dbus_fast import PropertyAccess
from dbus_fast.annotations import DBusBool, DBusInt32, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from homeport.desktop import dbusmenu
from homeport.desktop.dbusmenu import Nothing
from homeport.desktop.icons import Pixels, pixels_of
from homeport.desktop.view import Light

PATH = "/StatusNotifierItem"

Pixmaps = Annotated[list[Any], DBusSignature("a(iiay)")]
ToolTipText = Annotated[list[Any], DBusSignature("(sa(iiay)ss)")]


class StatusItem(ServiceInterface):
    """Export it at PATH. `activated` hears a click that opens no menu."""

    def __init__(self, light: Light, title: str, activated: Callable[[], None]) -> None:
        super().__init__("org.kde.StatusNotifierItem")
        self._light = light
        self._title = title
        self._activated = activated
        self._dark_panel = True
        self._pictures: dict[tuple[Light, bool], list[Pixels]] = {}

    def change(self, light: Light, title: str, *, dark_panel: bool) -> None:
        """Show this, and tell those who draw it what is new."""
        new_status = self._status(light) != self._status(self._light)
        new_icon = (light, dark_panel) != (self._light, self._dark_panel)
        new_title = title != self._title
        self._light, self._title, self._dark_panel = light, title, dark_panel
        if new_icon:
            self.NewIcon()
            self.NewAttentionIcon()
        if new_status:
            self.NewStatus()
        if new_title:
            self.NewTitle()
            self.NewToolTip()

    @staticmethod
    def _status(light: Light) -> str:
        return "NeedsAttention" if light in (Light.ATTENTION, Light.ERROR) else "Active"

    def _pixmaps(self) -> list[Any]:
        key = (self._light, self._dark_panel)
        if key not in self._pictures:
            self._pictures[key] = pixels_of(self._light, dark_panel=self._dark_panel)
        return [[each.size, each.size, each.argb] for each in self._pictures[key]]

    @dbus_property(access=PropertyAccess.READ)
    def Category(self) -> DBusStr:
        return "ApplicationStatus"

    @dbus_property(access=PropertyAccess.READ)
    def Id(self) -> DBusStr:
        return "homeport"

    @dbus_property(access=PropertyAccess.READ)
    def Title(self) -> DBusStr:
        return self._title

    @dbus_property(access=PropertyAccess.READ)
    def Status(self) -> DBusStr:
        return self._status(self._light)

    @dbus_property(access=PropertyAccess.READ)
    def WindowId(self) -> DBusInt32:
        return 0

    @dbus_property(access=PropertyAccess.READ)
    def IconThemePath(self) -> DBusStr:
        return ""

    @dbus_property(access=PropertyAccess.READ)
    def Menu(self) -> DBusObjectPath:
        return dbusmenu.PATH

    @dbus_property(access=PropertyAccess.READ)
    def ItemIsMenu(self) -> DBusBool:
        return True

    @dbus_property(access=PropertyAccess.READ)
    def IconName(self) -> DBusStr:
        return ""

    @dbus_property(access=PropertyAccess.READ)
    def IconPixmap(self) -> Pixmaps:
        return self._pixmaps()

    @dbus_property(access=PropertyAccess.READ)
    def AttentionIconName(self) -> DBusStr:
        return ""

    @dbus_property(access=PropertyAccess.READ)
    def AttentionIconPixmap(self) -> Pixmaps:
        return self._pixmaps()

    @dbus_property(access=PropertyAccess.READ)
    def OverlayIconName(self) -> DBusStr:
        return ""

    @dbus_property(access=PropertyAccess.READ)
    def ToolTip(self) -> ToolTipText:
        return ["", [], self._title, ""]

    @dbus_method()
    def Activate(self, x: DBusInt32, y: DBusInt32) -> Nothing:
        self._activated()

    @dbus_method()
    def SecondaryActivate(self, x: DBusInt32, y: DBusInt32) -> Nothing:
        pass

    @dbus_method()
    def ContextMenu(self, x: DBusInt32, y: DBusInt32) -> Nothing:
        pass

    @dbus_method()
    def Scroll(self, delta: DBusInt32, orientation: DBusStr) -> Nothing:
        pass

    @dbus_signal()
    def NewIcon(self) -> Nothing:
        pass

    @dbus_signal()
    def NewAttentionIcon(self) -> Nothing:
        pass

    @dbus_signal()
    def NewTitle(self) -> Nothing:
        pass

    @dbus_signal()
    def NewToolTip(self) -> Nothing:
        pass

    @dbus_signal()
    def NewStatus(self) -> DBusStr:
        return self._status(self._light)
