"""The health checks: `/healthz` for the process, `/readyz` for the flow of mail."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from config.monitoring import checks


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200, or 503 with the reasons why mail may not flow."""
    sentences = [problem.sentence for problem in checks.find_problems()]
    status = "unavailable" if sentences else "ok"
    return JsonResponse({"status": status, "problems": sentences}, status=503 if sentences else 200)
