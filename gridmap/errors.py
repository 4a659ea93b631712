"""The project's own exceptions, and the findings that checks report.

A finding is one row of a check: a code, where it was found and what is to be done. Findings that stop
the work are faults and are raised together; findings about what was mended are notes of a result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gridmap.locale import sentence

SHOWN_ROWS = 5


class GridmapError(Exception):
    """Anything gridmap raises on purpose."""


@dataclass(frozen=True)
class Finding:
    """One finding of a check.

    ``rows`` holds the ids of the rows it concerns, all of them; ``values`` fills the placeholders of
    its sentences, the keys ``fault.CODE`` (or ``note.CODE``) and ``remedy.CODE`` of the catalogues.
    """

    code: str
    layer: str
    file: str = ""
    rows: tuple[str, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)
    kind: str = "fault"

    def sentence(self, lang: str = "en") -> str:
        """What was found, in words."""
        shown = ", ".join(self.rows[:SHOWN_ROWS])
        more = len(self.rows) - SHOWN_ROWS
        if more > 0:
            shown = sentence("finding.rows_more", lang, rows=shown, more=more)
        known = {"layer": self.layer, "rows": shown, "count": len(self.rows)}
        return sentence(f"{self.kind}.{self.code}", lang, **{**known, **self.values})

    def remedy(self, lang: str = "en") -> str:
        """What would mend it; empty for a note that needs nothing."""
        if self.kind != "fault":
            return ""
        known = {"layer": self.layer, "count": len(self.rows)}
        return sentence(f"remedy.{self.code}", lang, **{**known, **self.values})

    def line(self, lang: str = "en") -> str:
        """File, layer, sentence and remedy as one line."""
        where = f"{self.file} ({self.layer})" if self.file else self.layer
        return f"[{self.code}] {where}: {self.sentence(lang)} {self.remedy(lang)}".rstrip()

    def to_dict(self) -> dict[str, object]:
        """A JSON-ready record of this finding, sentences in both languages."""
        record: dict[str, object] = {
            "code": self.code,
            "layer": self.layer,
            "file": self.file,
            "rows": list(self.rows),
            "values": dict(self.values),
            "sentence": {lang: self.sentence(lang) for lang in ("en", "zh")},
        }
        if self.kind == "fault":
            record["remedy"] = {lang: self.remedy(lang) for lang in ("en", "zh")}
        return record


class InputFaults(GridmapError):
    """The input cannot be used; carries every fault of every layer."""

    def __init__(self, faults: Iterable[Finding]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.text("en"))

    def text(self, lang: str = "en") -> str:
        """All faults, a line each."""
        head = sentence("finding.faults", lang, count=len(self.faults))
        return "\n".join([head, *(f"  {fault.line(lang)}" for fault in self.faults)])


class CodedError(GridmapError):
    """An error with one sentence, ``error.CODE`` in the catalogues."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(self.text("en"))

    def text(self, lang: str = "en") -> str:
        """The sentence in a language."""
        return sentence(f"error.{self.code}", lang, **self.values)


class RuleError(CodedError):
    """A rule set, or a wish for a number of grids, that cannot be."""


class PlanError(CodedError):
    """A plan file that cannot be read, or a plan that breaks a promise."""


class OutputError(CodedError):
    """A result that cannot be written where it was asked for."""
