"""The JSON interface against its own description: whatever is sent, the answer is one of those that it promises."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

HERE = {"host": "127.0.0.1:8612"}
OPERATIONS = (
    ("/api/v1/interpret", "POST"), ("/api/v1/what-if", "POST"), ("/healthz", "GET"), ("/readyz", "GET"), ("/metrics", "GET"),
    ("/cds-services", "GET"), ("/cds-services/{service}", "POST"), ("/cds-services/{service}/feedback", "POST"),
    ("/fhir/$interpret-b12", "POST"), ("/fhir/metadata", "GET"), ("/fhir/OperationDefinition/interpret-b12", "GET"),
)  # fmt: skip
TRIED = [
    *((path, method, GenerationMode.POSITIVE) for path, method in OPERATIONS),
    *((path, method, GenerationMode.NEGATIVE) for path, method in OPERATIONS if method == "POST"),
]
"""As described and, where something is sent, otherwise than described."""


@pytest.fixture(scope="session")
def described(application: Litestar) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", application, headers=HERE)


def test_each_operation_of_the_description_is_tried_here(described: Any) -> None:
    found = {(one.ok().path, one.ok().method.upper()) for one in described.get_all_operations()}
    assert found == set(OPERATIONS)


@pytest.mark.parametrize(("path", "method", "mode"), TRIED)
def test_every_answer_is_one_that_the_description_promises(
    described: Any, path: str, method: str, mode: GenerationMode
) -> None:
    operation = described[path][method]

    # A record that says nothing of B12 is well formed, and refused; an object without `case` is a case by itself,
    # whose unknown keys are told and not refused. So neither taking nor refusing follows from the description alone.
    @given(operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def holds(case: Case) -> None:
        answer = case.call(headers=HERE)
        assert answer.status_code < 500
        case.validate_response(answer, excluded_checks=[positive_data_acceptance, negative_data_rejection])

    holds()
