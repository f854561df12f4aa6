"""Bulk jobs of the simulated org: a query whose rows are fetched as CSV when it is complete."""

import base64
import csv
import io
import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.salesforce_errors import error, missing
from simulators.salesforce_org import Job, Org, wire
from simulators.soql import Row


def answered(org: Org, version: str, path: str, request: Request, body: bytes) -> Response:
    """Answer a request below `jobs/query`."""
    if request.method == "POST":
        return _begin(org, version, json.loads(body))
    key, _, what = path.partition("/")
    job = org.jobs.get(key)
    if job is None:
        return missing()
    if what == "results":
        return _results(job, request)
    if job.told["state"] != "JobComplete":
        job.looks -= 1
        done = "Failed" if org.job_fails else "JobComplete"
        job.told["state"] = "InProgress" if job.looks >= 0 else done
        if job.told["state"] == "Failed":
            job.told["errorMessage"] = org.job_fails
    return JSONResponse(job.told)


def _begin(org: Org, version: str, asked: Row) -> Response:
    query, rows = org.found(asked["query"], deleted=asked["operation"] == "queryAll")
    key = f"750{next(org.ids):012d}AAA"
    told = {
        "id": key,
        "operation": asked["operation"],
        "object": query.name,
        "createdById": "005000000000001AAA",
        "createdDate": wire(org.now),
        "systemModstamp": wire(org.now),
        "state": "UploadComplete",
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(version),
        "lineEnding": asked.get("lineEnding", "LF"),
        "columnDelimiter": asked.get("columnDelimiter", "COMMA"),
    }
    flat = [{name: _at(org, row, name) for name in query.fields} for row in rows]
    org.jobs[key] = Job(told, query.fields, flat, org.looks)
    return JSONResponse(told)


def _at(org: Org, row: Row, name: str) -> object:
    parent, _, own = name.rpartition(".")
    if not parent:
        return row.get(name)
    return org.tables[parent].rows.get(str(row.get(f"{parent}Id")), {}).get(own)


def _results(job: Job, request: Request) -> Response:
    if job.told["state"] != "JobComplete":
        return error(400, "INVALIDJOBSTATE", "the job is not complete")
    at = int(base64.b64decode(request.query_params.get("locator", "")) or b"0")
    size = int(request.query_params.get("maxRecords", len(job.rows) or 1))
    shown, rest = job.rows[at : at + size], len(job.rows) - at - size
    place = base64.b64encode(str(at + size).encode()).decode() if rest > 0 else "null"
    told = {"Sforce-Locator": place, "Sforce-NumberOfRecords": str(len(shown))}
    return Response(_csv(job, shown), 200, told, "text/csv")


def _csv(job: Job, rows: list[Row]) -> str:
    delimiter = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|"}
    ending = {"LF": "\n", "CRLF": "\r\n"}[job.told["lineEnding"]]
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=delimiter[job.told["columnDelimiter"]],
        lineterminator=ending,
        quoting=csv.QUOTE_ALL,
    )
    writer.writerow(job.fields)
    writer.writerows([_cell(row.get(name)) for name in job.fields] for row in rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.endswith("+0000"):
        return f"{value[:-5]}Z"
    return "" if value is None else str(value)
