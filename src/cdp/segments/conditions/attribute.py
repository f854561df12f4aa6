"""`attribute`: a golden attribute of the member, a conclusion about it, or a field of a source."""

from datetime import date

import sqlglot
from pydantic import Field, field_validator
from sqlglot import exp

from cdp.model.tables import Column
from cdp.segments.comparison import NeededComparison
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.naming import unknown
from cdp.segments.scope import Scope, fields, pick

_INFERRED = "inferred."
_CONCLUSIONS = "gold.enrichment"
_CUSTOM = "custom."
_ORDERED = {"at_least", "at_most", "more_than", "less_than", "between"}
# A profile keeps custom fields by source: any source may have this one.
_VALUES = """
list_filter(
    list_transform(
        json_keys(:custom),
        lambda source: json_extract_string(
            :custom, concat('$."', source, '"."', :field, '"')
        )
    ),
    lambda found: found is not null and found <> ''
)
"""


class Attribute(Condition, NeededComparison):
    """A field of gold.profile, or of gold.account for organisations, or a conclusion."""

    attribute: str = Field(
        description="name of the field: country, birth_date, sources, ...; with `inferred.` "
        "before it a conclusion of gold.enrichment, as text: inferred.time_zone, ...; with "
        "`custom.` before it a field that a source has and no mapping names: custom.tier, ..."
    )

    @field_validator("attribute")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name.startswith(_INFERRED):
            return name
        if name.startswith(_CUSTOM):
            if name == _CUSTOM or '"' in name or "\\" in name:
                msg = f"{name!r} names no custom field; write custom. and the field's own name"
                raise ValueError(msg)
            return name
        known = fields("gold.profile") | fields("gold.account")
        if name not in known:
            raise ValueError(unknown("attribute", name, known))
        return name

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member's value satisfies the comparisons."""
        if self.attribute.startswith(_INFERRED):
            return self._concluded(scope)
        if self.attribute.startswith(_CUSTOM):
            return self._custom(scope)
        column = exp.column(self.attribute, table=scope.alias)
        return self.compare(pick(self.attribute, scope.table), scope, column)

    def _concluded(self, scope: Scope) -> exp.Expr:
        name = scope.bind(self.attribute.removeprefix(_INFERRED))
        rows = scope.rows(_CONCLUSIONS).where(exp.column("attribute", table="it").eq(name))
        if self.exists is False:
            return exp.not_(rows.of(scope))
        value = exp.column("value", table="it")
        return rows.where(self.compare(pick("value", _CONCLUSIONS), scope, value)).of(scope)

    def _custom(self, scope: Scope) -> exp.Expr:
        values = exp.replace_placeholders(
            sqlglot.parse_one(_VALUES, dialect="duckdb"),
            custom=exp.column("custom", table=scope.alias),
            field=scope.bind(self.attribute.removeprefix(_CUSTOM)),
        )
        if self.exists is False:
            return exp.EQ(this=_length(values), expression=exp.Literal.number(0))
        type_ = self._read_as()
        column = Column(self.attribute, type_, "a custom field", nullable=True)
        value: exp.Expr = exp.column("text")
        if type_ != "varchar":
            value = exp.TryCast(this=value, to=exp.DataType.build(type_, dialect="duckdb"))
        satisfied = exp.Lambda(
            this=self.compare(column, scope, value), expressions=[exp.to_identifier("text")]
        )
        some = exp.Anonymous(this="list_filter", expressions=[values, satisfied])
        return exp.GT(this=_length(some), expression=exp.Literal.number(0))

    def _read_as(self) -> str:
        """Return what the field is read as: what it is compared with."""
        given = self.given()
        values = [v for k, v in given.items() if k != "exists" and not k.endswith("_days")]
        single = [one for v in values for one in (v if isinstance(v, tuple) else (v,))]
        counted = any(k.endswith("_days") for k in given)
        in_words = any(isinstance(v, str) for v in single) and bool(_ORDERED & set(given))
        if counted or in_words or any(isinstance(v, date) for v in single):
            return "timestamp"
        if single and all(isinstance(v, bool) for v in single):
            return "boolean"
        if single and all(isinstance(v, int | float) for v in single):
            return "double"
        return "varchar"


def _length(values: exp.Expr) -> exp.Expr:
    """Return the number of values; a profile without custom fields has none."""
    return exp.func("coalesce", exp.Anonymous(this="len", expressions=[values]), "0")


CONDITIONS.add("attribute", Attribute)
