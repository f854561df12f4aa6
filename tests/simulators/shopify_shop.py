"""What is in a shop of Shopify, what its API answers, and what that costs."""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    SelectionSetNode,
    graphql_sync,
    parse,
    value_from_ast_untyped,
)
from graphql.language import InlineFragmentNode

from simulators.shopify_schema import schema

Row = dict[str, Any]
Asked = GraphQLResolveInfo[bool]
CONNECTIONS = {
    "customers": ("Customer", "read_customers"),
    "orders": ("Order", "read_orders"),
    "abandonedCheckouts": ("AbandonedCheckout", "read_orders"),
    "products": ("Product", "read_products"),
}
SORTED = {"ID": "id", "UPDATED_AT": "updatedAt", "CREATED_AT": "createdAt"}
SINCE = re.compile(r"updated_at:>='?([^' ]+)'?")
FILTER = re.compile(r'(\w+):("(?:[^"\\]|\\.)*")')
DEAREST = 1_000


@dataclass
class Operation:
    """A bulk operation: its lines once it is complete, and how often it is looked at before."""

    told: Row
    lines: bytes
    looks: int


@dataclass
class Shop:
    """A shop, and how it behaves.

    Attributes:
        tables: nodes by connection and id, each with what is inside it as plain lists.
        extra: further fields of types, which are texts.
        scopes: what the app is allowed.
        most: points that the bucket holds; `left` are, and `rate` come back in a second.
        refusals: answers to give instead of the next ones: status, headers, and text.
        looks: times that a bulk operation is not done yet.
        bulk_fails: the error code that a bulk operation fails with.
        is_busy: whether another bulk operation of the app is running.
        is_cleared: whether what bulk operations wrote is there no more.
        ignores_ranges: whether files are given whole, whichever part is asked for.
        asked: every question that was let in, and every part of a file.
        throttled: questions that were refused for want of points.
        leaked: whether a file was asked for with the token.
        meanwhile: what happens in the shop after each answer.
    """

    tables: dict[str, dict[str, Row]] = field(
        default_factory=lambda: {name: {} for name in CONNECTIONS}
    )
    extra: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scopes: set[str] = field(
        default_factory=lambda: {
            *("read_customers", "read_orders", "read_all_orders", "read_products")
        }
    )
    token: str = "shpat-secret"  # noqa: S105 - of a shop that is none
    client: tuple[str, str] = ("app", "app-secret")
    versions: tuple[str, ...] = ("2026-07", "2026-10")
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    most: float = 20_000
    left: float = 20_000
    rate: float = 1_000_000
    filled_at: float = field(default_factory=time.monotonic)
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    looks: int = 1
    bulk_fails: str | None = None
    is_busy: bool = False
    is_cleared: bool = False
    ignores_ranges: bool = False
    asked: list[str] = field(default_factory=list)
    throttled: int = 0
    leaked: bool = False
    operations: dict[str, Operation] = field(default_factory=dict)
    meanwhile: Callable[["Shop"], None] = lambda _: None
    url: str = ""

    def put(self, name: str, number: int, /, **values: Any) -> str:
        """Add a node, or change one; return its id. It changed now, unless `values` say when."""
        key = f"gid://shopify/{CONNECTIONS[name][0]}/{number}"
        stamp = {"updatedAt": wire(self.now)}
        known = self.tables[name].get(key, {"id": key, "createdAt": wire(self.now)})
        self.tables[name][key] = known | stamp | values
        return key

    def answer(self, question: str, variables: Row) -> Row:
        """Return what the API answers to a question."""
        cost = _cost(question, variables)
        if cost > DEAREST:
            told = f"Query cost is {cost:.0f}, which exceeds the single query max cost limit (1000)"
            return {"errors": [_error(told, "MAX_COST_EXCEEDED", cost=cost)]}
        now = time.monotonic()
        self.left = min(self.most, self.left + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if cost > self.left:
            self.throttled += 1
            return {"errors": [_error("Throttled", "THROTTLED")], **self._costs(cost, None)}
        self.left -= cost
        answer = _told(self.execute(question, variables, is_bulk=False))
        return {**answer, **self._costs(cost, cost)}

    def execute(self, question: str, variables: Row, *, is_bulk: bool) -> ExecutionResult:
        """Execute a question as GraphQL does."""
        known = schema(tuple(sorted(self.extra.items())))
        assert known.query_type is not None
        assert known.mutation_type is not None
        known.query_type.fields["node"].resolve = self._node
        known.query_type.fields["currentAppInstallation"].resolve = lambda *_: {
            "accessScopes": [{"handle": each} for each in sorted(self.scopes)]
        }
        known.mutation_type.fields["bulkOperationRunQuery"].resolve = self._run
        for name in CONNECTIONS:
            known.query_type.fields[name].resolve = self._connection
            known.query_type.fields[f"{name}Count"].resolve = self._count
        for type_ in known.type_map.values():
            if isinstance(type_, GraphQLObjectType) and type_ is not known.query_type:
                for each in type_.fields.values():
                    if str(each.type).endswith("Connection!"):
                        each.resolve = _inside
        node = known.type_map["Node"]
        node.resolve_type = lambda row, *_: row["id"].split("/")[3]  # type: ignore[attr-defined]
        return graphql_sync(known, question, variable_values=variables, context_value=is_bulk)

    def _node(self, _: Any, __: Asked, id: str) -> Row | None:  # noqa: A002
        if id in self.operations:
            operation = self.operations[id]
            operation.looks -= 1
            if operation.looks >= 0:
                return operation.told
            status = "FAILED" if self.bulk_fails else "COMPLETED"
            done = {"status": status, "errorCode": self.bulk_fails}
            if operation.lines and not self.bulk_fails:
                done["url"] = f"{self.url}/files/{id.rpartition('/')[2]}.jsonl?signed=1"
            return operation.told | done
        return next((rows[id] for rows in self.tables.values() if id in rows), None)

    def _allow(self, name: str) -> None:
        scope = CONNECTIONS[name][1]
        if scope not in self.scopes:
            told = f"Access denied for {name} field. Required access: `{scope}` access scope."
            raise GraphQLError(told, extensions={"code": "ACCESS_DENIED"})

    def _count(self, _: Any, info: Asked, limit: int, **__: Any) -> Row:
        name = info.field_name.removesuffix("Count")
        self._allow(name)
        return {"count": min(limit, len(self.tables[name])), "precision": "EXACT"}

    def _connection(
        self,
        _: Any,
        info: Asked,
        sortKey: str,  # noqa: N803 - as Shopify calls it
        query: str | None = None,
        **page: Any,
    ) -> Row:
        self._allow(info.field_name)
        rows = list(self.tables[info.field_name].values())
        since = SINCE.fullmatch(query) if query else None
        if since is not None:
            rows = [row for row in rows if _when(row["updatedAt"]) >= _when(since[1])]
        elif query:
            wanted = [(each[1], json.loads(each[2])) for each in FILTER.finditer(query)]
            rows = [row for row in rows if any(_says(row, *each) for each in wanted)]
        by = SORTED.get(sortKey, "createdAt")
        places = [(["", *_place(row, by)], row) for row in rows]
        is_back = bool(page.get("reverse"))
        return _paged(info, sorted(places, key=lambda each: each[0], reverse=is_back), **page)

    def _run(self, _: Any, __: Asked, query: str, **___: Any) -> Row:
        if self.is_busy:
            told = "A bulk query operation for this app and shop is already in progress"
            return {"userErrors": [{"code": "OPERATION_IN_PROGRESS", "message": told}]}
        found = self.execute(query, {}, is_bulk=True)
        if found.errors:
            return {"userErrors": [{"code": "INVALID", "message": str(found.errors[0].message)}]}
        lines = [json.dumps(line) for line in _lines(found.data or {}, None)]
        key = f"gid://shopify/BulkOperation/{len(self.operations) + 1}"
        begun: Row = {"id": key, "status": "CREATED", "createdAt": wire(self.now)}
        begun["objectCount"] = str(len(lines))
        text = "".join(f"{line}\n" for line in lines).encode()
        self.operations[key] = Operation(begun, text, self.looks)
        return {"bulkOperation": begun, "userErrors": []}

    def _costs(self, asked: float, paid: float | None) -> Row:
        status = {
            "maximumAvailable": self.most,
            "currentlyAvailable": self.left,
            "restoreRate": self.rate,
        }
        cost = {"requestedQueryCost": asked, "actualQueryCost": paid, "throttleStatus": status}
        return {"extensions": {"cost": cost}}


def wire(moment: datetime) -> str:
    """Return a moment as the API writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _error(message: str, code: str, **more: Any) -> Row:
    return {"message": message, "extensions": {"code": code, **more}}


def _told(found: ExecutionResult) -> Row:
    """Return a result with errors as Shopify words them."""
    if not found.errors:
        return {"data": found.data}
    told = []
    for error in found.errors:
        code = (error.extensions or {}).get("code")
        if code is None and error.message.startswith("Cannot query field"):
            code = "undefinedField"
        told.append(_error(error.message, code) if code else {"message": error.message})
    return {"errors": told}


def _place(row: Row, by: str) -> list[Any]:
    number = row["id"].rpartition("/")[2]
    return [row[by] if by != "id" else "", int(number or 0)]


def _inside(row: Row, info: Asked, **page: Any) -> Row:
    rows = row.get(info.field_name) or []
    return _paged(info, [([f"{n:06}"], each) for n, each in enumerate(rows)], **page)


def _says(row: Row, filter_: str, value: str) -> bool:
    """Return whether a row has what a search filter names: its own, or that of its customer."""
    if filter_ == "customer_id":
        return str((row.get("customer") or {}).get("id", "")).endswith(f"/{value}")
    return row.get(filter_) == value


def _paged(
    info: Asked,
    places: list[tuple[list[Any], Row]],
    first: int | None = None,
    after: str | None = None,
    reverse: bool = False,
    **_: Any,
) -> Row:
    """Return the nodes behind a place, which is where a node stood, be it there or not."""
    if first is None and not info.context:
        msg = "you must provide one of first or last"
        raise GraphQLError(msg)
    if after is not None:
        begin = json.loads(base64.b64decode(after))
        places = [e for e in places if (e[0] < begin if reverse else e[0] > begin)]
    shown = places if first is None else places[:first]
    cursors = [base64.b64encode(json.dumps(place).encode()).decode() for place, _ in shown]
    nodes = [row for _, row in shown]
    return {
        "nodes": nodes,
        "edges": [{"cursor": c, "node": n} for c, n in zip(cursors, nodes, strict=True)],
        "pageInfo": {
            "hasNextPage": len(shown) < len(places),
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _lines(found: Row, parent: str | None) -> Iterator[Row]:
    """Yield the nodes of all edges, each before what is inside it, which names it."""
    for connection in found.values():
        for edge in connection["edges"]:
            node = edge["node"]
            inner = {k: v for k, v in node.items() if isinstance(v, dict) and "edges" in v}
            own = {k: v for k, v in node.items() if k not in inner}
            yield own if parent is None else {**own, "__parentId": parent}
            yield from _lines(inner, node.get("id"))


def _cost(question: str, variables: Row) -> float:
    """Return what a question costs: a point for each object, as many as may come."""
    try:
        document = parse(question)
    except GraphQLError:
        return 1
    return sum(
        _of(each.selection_set, variables)
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
    )


def _of(selected: SelectionSetNode, variables: Row) -> float:
    cost = 0.0
    for each in selected.selections:
        if isinstance(each, InlineFragmentNode):
            cost += _of(each.selection_set, variables)
        elif isinstance(each, FieldNode) and each.selection_set is not None:
            inner = 1 + _of(each.selection_set, variables)
            cost += inner * _first(each, variables)
    return cost


def _first(node: FieldNode, variables: Row) -> float:
    for argument in node.arguments or ():
        if argument.name.value == "first":
            return float(value_from_ast_untyped(argument.value, variables))
    return 1.0
