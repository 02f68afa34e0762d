"""What the requests of the control API carry. Strict: a field that nobody knows, or of another kind, is refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_CONTROLS)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=NO_CONTROLS)]

Number = Annotated[int, Field(ge=1, le=2**31 - 1)]

SecretValue = Annotated[str, StringConstraints(min_length=1, max_length=16_384)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Body):
    """A request without fields."""


class CodeBody(Body):
    code: Code


Page = Literal["dashboard", "preview", "setup", "waiting", "tunnel"]
"""The pages that a browser is taken to."""


class OpeningBody(Body):
    """Which page of the control listener a browser is taken to."""

    page: Page = "dashboard"
    simulation: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{0,64}$")] = ""

    def address(self, code: str) -> str:
        """The path with its fragment, in which the one-use code is."""
        path = "/preview" if self.page == "preview" else "/"
        more = f"&page={self.page}" if self.page not in ("dashboard", "preview") else ""
        return f"{path}#code={code}{more}" + (f"&simulation={self.simulation}" if self.simulation else "")


class ApproveBody(Body):
    code: Code
    who: Annotated[str, StringConstraints(max_length=256, pattern=NO_CONTROLS)]
    read_only: bool = False
    consent_in_browser: bool = False
    other_network: bool = False


class DenyBody(Body):
    number: Number | None


class HostBody(Body):
    host: Name


class GrantBody(Body):
    grant_id: Name


class EmailBody(Body):
    email: Name


class WhoBody(Body):
    who: Name


class SecretNameBody(Body):
    name: Name
    confirmed: bool = False


class SecretBody(Body):
    name: Name
    value: SecretValue
    confirmed: bool = False


class PrivyBody(Body):
    app_id: Name
    secret: SecretValue


class ActivityBody(Body):
    """`before` is the activity_id that the page before ended with."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    before: Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f]*$")] = ""
    query: Annotated[str, StringConstraints(max_length=200, pattern=NO_CONTROLS)] = ""


class RuleBody(Body):
    tool: Name
    rule: Literal["allow", "ask", "block", "default"]


class CallBody(Body):
    number: Number


class AllowCallBody(Body):
    """The digest is that of the call as it was shown: an approval fits nothing else."""

    number: Number
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ChangeBody(Body):
    """`value` is JSON text, and null means back to the default."""

    name: Name
    value: Annotated[str, StringConstraints(max_length=16_384)] | None


class LogsBody(Body):
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class AddressBody(Body):
    url: Annotated[str, StringConstraints(max_length=2048, pattern=NO_CONTROLS)] = ""


class TokenBody(Body):
    token: SecretValue


class PathBody(Body):
    path: Annotated[str, StringConstraints(max_length=4096, pattern=NO_CONTROLS)] = ""
