"""Sign-in with a code by e-mail or SMS."""

from __future__ import annotations

import re

from tests.privy.door import Body, Call, Endpoint, Mode
from tests.privy.errors import Refused, invalid_data
from tests.privy.people import email_account, phone_account


class EmailInit(Body):
    email: str
    token: str | None = None


class EmailCode(Body):
    email: str
    code: str
    mode: Mode | None = None


class SmsInit(Body):
    phoneNumber: str
    token: str | None = None


class SmsCode(Body):
    phoneNumber: str
    code: str
    mode: Mode | None = None


def _address(call: Call, email: str) -> str:
    if not re.fullmatch(r"[^@\s<>,;]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", email):
        raise invalid_data("Invalid email address")
    if "+" in email and not call.tenant.app.plus_emails:
        raise Refused(400, "disallowed_plus_email", "Email addresses with a + are not allowed")
    return email.lower()


def _number(number: str) -> str:
    if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
        raise invalid_data("Invalid phone number")
    return number


def _email_init(call: Call) -> dict[str, bool]:
    call.tenant.need_method("email")
    body = call.body(EmailInit)
    address = _address(call, body.email)
    call.tenant.need_captcha(body.token)
    call.tenant.need_admission(address)
    call.tenant.codes.send("email", address)
    return {"success": True}


def _email_authenticate(call: Call) -> object:
    call.tenant.need_method("email")
    body = call.body(EmailCode)
    address = _address(call, body.email)
    call.tenant.codes.use("email", address, body.code)
    return call.tenant.sign_in(email_account(address), call.client_id, body.mode)


def _sms_init(call: Call) -> dict[str, bool]:
    call.tenant.need_method("sms")
    body = call.body(SmsInit)
    number = _number(body.phoneNumber)
    call.tenant.need_captcha(body.token)
    call.tenant.need_admission(number)
    call.tenant.codes.send("sms", number)
    return {"success": True}


def _sms_authenticate(call: Call) -> object:
    call.tenant.need_method("sms")
    body = call.body(SmsCode)
    number = _number(body.phoneNumber)
    call.tenant.codes.use("sms", number, body.code)
    return call.tenant.sign_in(phone_account(number), call.client_id, body.mode)


ENDPOINTS = [
    Endpoint("POST", "/api/v1/passwordless/init", _email_init),
    Endpoint("POST", "/api/v1/passwordless/authenticate", _email_authenticate),
    Endpoint("POST", "/api/v1/passwordless_sms/init", _sms_init),
    Endpoint("POST", "/api/v1/passwordless_sms/authenticate", _sms_authenticate),
]
