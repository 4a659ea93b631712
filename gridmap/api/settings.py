"""What the service can be told, by name or by the environment, each with its bounds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gridmap.errors import CodedError

PREFIX = "GRIDMAP_API_"


class SettingsError(CodedError):
    """A setting of the service that is not known or out of its bounds."""


class Settings(BaseModel):
    """Settings of the service, frozen.

    Each can be given in the environment as ``GRIDMAP_API_`` and its name in capitals; several plan files
    are separated as in PATH. A name that is not known is an error.

    >>> Settings(page_default=10).page_max
    5000
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    plans: Annotated[tuple[Path, ...], Field(max_length=200)] = ()
    page_default: Annotated[int, Field(ge=1, le=10_000)] = 1_000
    page_max: Annotated[int, Field(ge=1, le=10_000)] = 5_000
    max_body_bytes: Annotated[int, Field(ge=0, le=100_000_000)] = 64_000
    max_url_bytes: Annotated[int, Field(ge=256, le=60_000)] = 4_096

    @model_validator(mode="after")
    def _page_fits(self) -> Self:
        if self.page_default > self.page_max:
            raise ValueError(f"page_default ({self.page_default}) is above page_max ({self.page_max})")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
        """Settings from the environment; what is given by name wins. Raises :class:`SettingsError`."""
        environment = os.environ if environment is None else environment
        found: dict[str, Any] = {
            name.removeprefix(PREFIX).lower(): text for name, text in environment.items() if name.startswith(PREFIX)
        }
        if "plans" in found:
            found["plans"] = tuple(part for part in found["plans"].split(os.pathsep) if part)
        try:
            return cls(**{**found, **given})
        except ValidationError as error:
            raise SettingsError("SETTINGS_INVALID", why=_reasons(error), known=_names(cls)) from error


def _reasons(error: ValidationError) -> str:
    return "; ".join(
        f"{PREFIX}{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}"
        if fault["loc"]
        else fault["msg"]
        for fault in error.errors()
    )


def _names(cls: type[Settings]) -> str:
    return ", ".join(PREFIX + name.upper() for name in cls.model_fields)
