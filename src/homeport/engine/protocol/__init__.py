"""What one can ask of a Homeport: the Engine answers in its own process, `control.client` from another one.

Only data crosses this border: frozen dataclasses of strings, numbers and lists, so that the control listener can
send them as JSON. No answer carries a secret or a code that somebody must type.
"""

from __future__ import annotations

from homeport.engine.protocol.checklist import Checklist, ConnectorForm, LogLine, Step
from homeport.engine.protocol.doctor import DoctorReport, HopLine
from homeport.engine.protocol.methods import EngineMethods
from homeport.engine.protocol.people import InvitationSummary, Invited, PersonSummary, Removal
from homeport.engine.protocol.privy import FindingLine, MethodLine, PrivyCheck
from homeport.engine.protocol.registers import BackendKeyInfo, ClientSummary, GrantSummary, SecretSummary, WaitingHost
from homeport.engine.protocol.requests import ApprovalPreview, Approved, PendingRequest, ToolLine
from homeport.engine.protocol.settings import Changed, FolderListing, SettingLine
from homeport.engine.protocol.status import AppStatus, Status, TunnelCheck, TunnelStatus
from homeport.engine.protocol.tools import ActivityLine, CallRequest, ToolSummary

__all__ = [
    "ActivityLine",
    "AppStatus",
    "ApprovalPreview",
    "Approved",
    "BackendKeyInfo",
    "CallRequest",
    "Changed",
    "Checklist",
    "ClientSummary",
    "ConnectorForm",
    "DoctorReport",
    "EngineMethods",
    "FindingLine",
    "FolderListing",
    "GrantSummary",
    "HopLine",
    "InvitationSummary",
    "Invited",
    "LogLine",
    "MethodLine",
    "PendingRequest",
    "PersonSummary",
    "PrivyCheck",
    "Removal",
    "SecretSummary",
    "SettingLine",
    "Status",
    "Step",
    "ToolLine",
    "ToolSummary",
    "TunnelCheck",
    "TunnelStatus",
    "WaitingHost",
]
