"""`features.yaml`: the currency of all amounts, and what other currencies are worth in it."""

from decimal import Decimal

from pydantic import Field

from cdp.settings.workspace import Declared, Strict


class FeatureFile(Strict):
    """`features.yaml`; a workspace with one currency needs none."""

    currency: str | None = Field(
        None,
        pattern=r"^[A-Z]{3}$",
        description="currency of revenue and baskets (ISO 4217); default: that of most orders",
    )
    rates: dict[str, Decimal] = Field(
        default_factory=dict,
        description="what one unit of another currency is worth in it, such as USD: 0.92",
    )


MONEY = Declared("features.yaml", FeatureFile, required=False)
