"""The shapes of the answers, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """One fault of a parameter."""

    where: str
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    code: str = Field(description="A code that stays the same in every language.", examples=["PLAN_UNKNOWN"])
    detail: str = Field(description="What went wrong and what to do, in the language of the request.")
    errors: list[Fault] | None = Field(None, description="The faults of the parameters, one by one.")


class Health(BaseModel):
    """Whether the service is up."""

    status: Literal["ok"] = "ok"
    version: str = Field(description="The version of gridmap.")
    plans: int = Field(description="How many plans are served.")


class Link(BaseModel):
    """An address that belongs to an answer."""

    rel: str = Field(examples=["next"])
    href: str
    type: str = Field("application/json", description="The media type found there.")


class Page(BaseModel):
    """What every list says of itself."""

    number_matched: Annotated[int, Field(alias="numberMatched", description="How many there are in all.")]
    number_returned: Annotated[int, Field(alias="numberReturned", description="How many are on this page.")]
    links: list[Link] = Field(description="This page (self), the next and the one before (next, prev) where they are.")

    model_config = ConfigDict(populate_by_name=True)


class Total(BaseModel):
    """The counts of a whole plan."""

    model_config = ConfigDict(extra="allow")

    communities: int
    households: int
    grids: int
    ok: int = Field(description="Grids within their range.")
    under: int = Field(description="Grids below their range.")
    over: int = Field(description="Grids above their range.")
    empty: int = Field(description="Grids of communities without households.")
    reasons: dict[str, int] = Field(description="Grids out of range by reason.")


class PlanSummary(BaseModel):
    """A plan in short."""

    id: str = Field(description="The name of its file without the suffix.", examples=["putuo"])
    rules: dict[str, Any] = Field(description="The rule set: name, version, measure, and a band for each class.")
    seed: int
    version: str = Field(description="The version of gridmap that made the plan.")
    basis: str = Field(description="What a household count stands for; empty where it was not said.")
    as_of: str = Field(description="The date of the counts; empty where it was not said.")
    crs: str = Field(description="The coordinate reference system of the plan itself.", examples=["EPSG:4549"])
    bounds: tuple[float, float, float, float] = Field(description="minx, miny, maxx, maxy in degrees (WGS84).")
    total: Total
    links: list[Link]


class PlanList(Page):
    """The plans that are served."""

    plans: list[PlanSummary]


class GridProperties(BaseModel):
    """What a grid says of itself; count columns that were summed stand beside these."""

    model_config = ConfigDict(extra="allow")

    grid_code: str = Field(examples=["330903104201003"])
    label: str = Field(examples=["公前村 03"])
    community_id: str
    households: int
    lo: int | None
    target: int | None
    hi: int | None
    status: Literal["ok", "under", "over", "empty"]
    reason: str = Field(description="Why a grid is out of range, as a code; empty where it is in range.")
    reason_detail: dict[str, Any] | None


class GridFeature(BaseModel):
    """A grid as a GeoJSON feature; its id is the grid code."""

    type: Literal["Feature"]
    id: str
    geometry: dict[str, Any] = Field(description="Polygon or MultiPolygon, longitude and latitude (WGS84).")
    properties: GridProperties


class GridCollection(Page):
    """A page of grids as GeoJSON (RFC 7946)."""

    type: Literal["FeatureCollection"]
    features: list[GridFeature]


class Located(BaseModel):
    """The grid at a place."""

    plan: str
    lon: float
    lat: float
    grid: GridProperties | None = Field(description="null where no grid is.")


class Report(BaseModel):
    """The report of a plan: in all, by town, by community, and every grid out of range with its reason."""

    model_config = ConfigDict(extra="allow")

    gridmap: str
    rules: dict[str, Any]
    seed: int
    basis: str
    as_of: str
    total: Total
    towns: list[dict[str, Any]]
    communities: list[dict[str, Any]]
    problems: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    sources: list[dict[str, Any]]
