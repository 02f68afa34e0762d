"""Whatever is sent to the control API, it answers as its own description says, and never with a fault of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from homeport.control.openapi import describe
from tests.control.running import control_in_a_thread


def test_no_request_makes_the_control_api_fail(tmp_path: Path) -> None:
    with control_in_a_thread(tmp_path) as control:
        control.engine.ask("428193")
        schema = schemathesis.openapi.from_dict(describe(control.running.port))
        schema.config.update(base_url=f"http://{control.host}")
        operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
        assert len(operations) == len(describe(0)["paths"])
        for operation in operations:
            for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

                @settings(
                    max_examples=25,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=operation.as_strategy(generation_mode=mode))
                def check(case: schemathesis.Case[Any]) -> None:
                    response = case.call(headers={"Authorization": f"Bearer {control.running.token}"})
                    case.validate_response(
                        response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
                    )

                check()


def test_the_description_names_every_type_it_refers_to() -> None:
    description = describe(3003)
    referred = {part.split('"')[0] for part in str(description).replace("'", '"').split("#/components/schemas/")[1:]}
    assert referred <= set(description["components"]["schemas"])
