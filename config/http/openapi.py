"""Complete the OpenAPI description: error answers with examples, and values of filters."""

from typing import Any

from drf_yasg import openapi
from drf_yasg.inspectors import (
    DrfAPICompatInspector,
    FieldInspector,
    NotHandled,
    SwaggerAutoSchema,
)
from rest_framework.permissions import SAFE_METHODS

from config.http.errors import error_body
from operators.models import KEY_CHARACTERS
from operators.repeatable import RepeatableView
from tickets.api.preconditions import TicketChangeView
from tickets.api.timeline_entries import TimelineSerializer

ERROR_SCHEMA = openapi.Schema(
    type=openapi.TYPE_OBJECT,
    required=["error"],
    properties={
        "error": openapi.Schema(
            type=openapi.TYPE_OBJECT,
            required=["code", "message", "fields"],
            properties={
                "code": openapi.Schema(type=openapi.TYPE_STRING),
                "message": openapi.Schema(type=openapi.TYPE_STRING),
                "fields": openapi.Schema(
                    type=openapi.TYPE_OBJECT,
                    additional_properties=openapi.Schema(
                        type=openapi.TYPE_ARRAY, items=openapi.Schema(type=openapi.TYPE_STRING)
                    ),
                ),
                "request_id": openapi.Schema(
                    type=openapi.TYPE_INTEGER,
                    description="With `has_open_request`: the requester's open request.",
                ),
                "version": openapi.Schema(
                    type=openapi.TYPE_INTEGER,
                    description="With `stale`: the request's latest version.",
                ),
                "missed": openapi.Schema(
                    type=openapi.TYPE_ARRAY,
                    items=openapi.Schema(type=openapi.TYPE_OBJECT),
                    description=(
                        "With `stale`: what the timeline shows since the version in If-Match; of"
                        " more than 50 entries the newest. Not in a bulk change."
                    ),
                ),
            },
        )
    },
)

EXAMPLES: dict[int, dict[str, Any]] = {
    400: error_body("invalid", "The request is wrong in: status", {"status": ["…"]}),
    401: error_body("not_authenticated", "Authentication credentials were not provided."),
    403: error_body("permission_denied", "You do not have permission to perform this action."),
    404: error_body("not_found", "Not found."),
    409: error_body("not_allowed_in_this_status", "The ticket is closed; …"),
    412: error_body(
        "stale",
        "The request has changed meanwhile; read it again.",
        version=19,
        missed=[TimelineSerializer.Meta.swagger_schema_fields["example"]],
    ),
    413: error_body("payload_too_large", "The request's body is too large; …"),
    415: error_body("unsupported_media_type", 'Unsupported media type "…" in request.'),
    416: error_body("range_not_satisfiable", "The file has no such bytes."),
    422: error_body("key_of_another_request", "This Idempotency-Key was used for another …"),
    429: error_body("throttled", "Too many failures from your address; try again in 60 seconds."),
    503: error_body("unavailable", "The database does not answer; nothing was stored. …"),
}
UNDER_WAY = error_body("request_under_way", "The first request … is still under way.")
DESCRIPTIONS = {
    400: "bad input; `fields` names what and how",
    401: "no valid token",
    403: "not yours to do",
    404: "no such thing",
    409: "the first request under this Idempotency-Key is still under way",
    412: "the request has another version; `missed` holds what came since the one in If-Match",
    413: "too large",
    415: "a body of another type",
    416: "no such bytes",
    422: "the Idempotency-Key was used for another method, path or body",
    429: "too many failures from this address",
    503: "the database is away; try again",
}

IDEMPOTENCY_KEY = openapi.Parameter(
    "Idempotency-Key",
    openapi.IN_HEADER,
    "Any new text for each change, such as a UUID. Repeated under it within 24 hours, the same"
    " request changes nothing more and gets the first answer again, with `Idempotency-Replayed`.",
    type=openapi.TYPE_STRING,
    min_length=1,
    max_length=KEY_CHARACTERS,
)
IF_MATCH = openapi.Parameter(
    "If-Match",
    openapi.IN_HEADER,
    'The ETag of the request as you know it, such as `"17"`; if it has changed since, the answer'
    " is 412. `*` and no header stand for any.",
    type=openapi.TYPE_STRING,
    pattern=r'^("[0-9]+"|\*)$',
)


class AnswerInspector(FieldInspector):  # type: ignore[misc]  # drf-yasg has no types
    """Removes limits that apply to input only: an answer may hold empty values."""

    def process_result(self, result: Any, method_name: str, obj: Any, **kwargs: Any) -> Any:
        if not isinstance(result, openapi.Schema):
            return result
        if getattr(obj, "of_any_type", False):
            del result["type"]
        blank = getattr(obj, "allow_blank", False)
        if obj.read_only:
            result.pop("minLength", None)
            model = getattr(getattr(obj.parent, "Meta", None), "model", None)
            model_fields = {field.name: field for field in model._meta.fields} if model else {}
            blank = getattr(model_fields.get(obj.source), "blank", False)
        if blank and "enum" in result and result["type"] == openapi.TYPE_STRING:
            result["enum"] = [*result["enum"], *({""} - {*result["enum"]})]
        if blank and result.get("format") == openapi.FORMAT_EMAIL:
            del result["format"]
        return result


class ErrorAwareAutoSchema(SwaggerAutoSchema):  # type: ignore[misc]  # drf-yasg has no types
    """Adds the errors that an endpoint can answer, each with its example."""

    field_inspectors = [AnswerInspector, *SwaggerAutoSchema.field_inspectors]

    def get_summary_and_description(self) -> tuple[str | None, str]:
        summary, description = super().get_summary_and_description()
        return (summary or description.splitlines()[0]).rstrip("."), description

    def get_response_serializers(self) -> dict[str, Any]:
        responses = super().get_response_serializers()
        declared = {str(code): response for code, response in responses.items()}
        examples = EXAMPLES if "409" in declared else {**EXAMPLES, 409: UNDER_WAY}
        for code in self._error_codes():
            declared.setdefault(str(code), DESCRIPTIONS[code])
        for code, example in examples.items():
            if str(code) in declared:
                declared[str(code)] = openapi.Response(
                    declared[str(code)], ERROR_SCHEMA, examples={"application/json": example}
                )
        return dict(sorted(declared.items()))

    def get_produces(self) -> list[str]:
        """Add JSON, the type of errors, to an endpoint's own types."""
        types = list(self.overrides.get("produces") or super().get_produces())
        return types if "application/json" in types else [*types, "application/json"]

    def add_manual_parameters(self, parameters: list[Any]) -> list[Any]:
        """Add the headers that a change takes."""
        headers = [IDEMPOTENCY_KEY] if self._is_repeatable() else []
        headers += [IF_MATCH] if self._takes_if_match() else []
        return [*super().add_manual_parameters(parameters), *headers]

    def _is_repeatable(self) -> bool:
        return isinstance(self.view, RepeatableView) and self.method not in SAFE_METHODS

    def _takes_if_match(self) -> bool:
        return isinstance(self.view, TicketChangeView) and self.method not in SAFE_METHODS

    def _error_codes(self) -> list[int]:
        codes = [401, 429, 503]
        if self._is_repeatable():
            codes += [400, 409, 422]
        if self._takes_if_match():
            codes.append(412)
        if len(self.view.get_permissions()) > 1:  # more than a valid token is needed
            codes.append(403)
        if "{" in self.path:
            codes.append(404)
        if self.get_request_serializer() is not None or self.should_page():
            codes.append(400)
        if self.method in ("POST", "PATCH") and self.get_request_serializer() is not None:
            codes += [413, 415]
        return codes


class FilterInspector(DrfAPICompatInspector):  # type: ignore[misc]  # drf-yasg has no types
    """Lists the values that a filter with choices accepts, and says which are repeated."""

    def get_filter_parameters(self, filter_backend: Any) -> Any:
        parameters = super().get_filter_parameters(filter_backend)
        if parameters is NotHandled:  # a list without filters
            return []
        filterset = filter_backend.get_filterset_class(self.view, self.view.queryset)
        for parameter in parameters:
            known = filterset.base_filters[parameter.name]
            if choices := known.extra.get("choices"):
                parameter.enum = [value for value, _label in choices]
            if getattr(known, "is_repeated", False):
                parameter.items = openapi.Items(type=parameter.type)
                parameter.type, parameter.collection_format = openapi.TYPE_ARRAY, "multi"
        return parameters
