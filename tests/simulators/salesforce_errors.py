"""How Salesforce says that a request failed."""

from starlette.responses import JSONResponse, Response


def missing() -> Response:
    """Answer that there is nothing of this name."""
    return error(404, "NOT_FOUND", "The requested resource does not exist")


def error(status: int, code: str, text: str) -> Response:
    """Answer that a request failed, and why."""
    return JSONResponse([{"message": text, "errorCode": code}], status)
