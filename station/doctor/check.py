"""One line of the report. What a fault means and what to do stands in a table: `findings.py`, `station/explain.py`."""

from dataclasses import dataclass
from typing import Any, Literal

from station.doctor.findings import FINDINGS
from station.explain import ADVICE, Advice
from station.words import _

Verdict = Literal["good", "warning", "failed", "skipped"]

OTHER, CONFIGURATION, DEVICE = 1, 2, 3
"""What a failed check makes of the exit code."""


@dataclass(frozen=True, slots=True)
class Check:
    """`name`: what was looked at. `evidence`: what was seen. `code`: the exit code if it failed, else 0."""

    name: str
    verdict: Verdict
    evidence: str
    cause: str = ""
    next: str = ""
    code: int = 0

    def as_json(self) -> dict[str, str]:
        """As `station doctor --json` prints it."""
        return {
            "name": self.name, "verdict": self.verdict, "evidence": self.evidence, "cause": self.cause, "next": self.next
        }  # fmt: skip


def good(name: str, evidence: str) -> Check:
    """All is well; `evidence` says what was seen."""
    return Check(name, "good", evidence)


def skipped(name: str, why: str) -> Check:
    """It could not be looked at."""
    return Check(name, "skipped", why)


def failed(name: str, finding: str, code: int = OTHER, /, **facts: Any) -> Check:
    """The fault `finding` of the table; `facts` fill its evidence."""
    return _told(name, "failed", FINDINGS[finding], code, facts)


def warning(name: str, finding: str, /, **facts: Any) -> Check:
    """The same, where the station goes on."""
    return _told(name, "warning", FINDINGS[finding], 0, facts)


def wire(name: str, reason: str, evidence: str) -> Check:
    """An instrument cannot be read: the reason word of its wire error."""
    advice = ADVICE[reason]
    verdict: Verdict = "warning" if reason in ("warm_up", "not_started") else "failed"
    text = _(advice.what) + (f" [{evidence}]" if evidence else "")
    return Check(name, verdict, text, _(advice.cause), _(advice.step), DEVICE if verdict == "failed" else 0)


def _told(name: str, verdict: Verdict, advice: Advice, code: int, facts: dict[str, Any]) -> Check:
    evidence, cause, step = (_(text).format(**facts) for text in (advice.what, advice.cause, advice.step))
    return Check(name, verdict, evidence, cause, step, code)
