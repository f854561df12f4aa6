"""`recommendations.yaml`: what may be recommended, and what goes with what by rule."""

from typing import Self

from pydantic import Field, model_validator

from cdp.settings import Declared, Strict


class Promotion(Strict):
    """Products to show to those who bought something: a cross-sell, or an up-sell."""

    because: str = Field(description="the reason as people read it: goes with your mower")
    bought: tuple[str, ...] = Field(
        (), description="products one of which was bought; their numbers, without the source"
    )
    bought_category: tuple[str, ...] = Field(
        (), description="categories of one of which something was bought"
    )
    within_days: int = Field(365, gt=0, description="bought in the last so many days")
    show: tuple[str, ...] = Field(min_length=1, description="products to show, best first")

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if not self.bought and not self.bought_category:
            msg = "a rule needs `bought`, `bought_category` or both: whom it is for"
            raise ValueError(msg)
        return self


class Exclusions(Strict):
    """What is never recommended."""

    products: tuple[str, ...] = Field(
        default=(), description="products that are not to be shown: sold out"
    )
    categories: tuple[str, ...] = Field(
        default=(), description="categories that are not to be shown"
    )
    bought_within_days: int = Field(
        default=0,
        ge=0,
        description="leave out of every list what was bought in the last so many days",
    )


class RecommendationFile(Strict):
    """`recommendations.yaml`; without it the lists follow from what was bought alone."""

    purpose: str = Field(
        "personalisation",
        description="purpose of the permission; who denied it is shown best sellers alone",
    )
    window_days: int = Field(730, gt=0, description="older purchases say nothing")
    best_seller_days: int = Field(90, gt=0, description="days over which best sellers are counted")
    rules: tuple[Promotion, ...] = Field((), description="what to show to whom by rule")
    exclude: Exclusions = Field(Exclusions(), description="what is never shown")


RECOMMENDATIONS = Declared("recommendations.yaml", RecommendationFile, required=False)
