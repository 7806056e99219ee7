"""Messages in the reader's language: English is the message, Chinese stands in `locale/zh_CN`.

The language is chosen once, at the start of a command, and holds for the code that runs in its context.
"""

import gettext
import os
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
_language: ContextVar[str] = ContextVar("language", default="en")


def use(language: str) -> None:
    """Speak `language` ("zh" or "en") from here on."""
    _language.set(language)


def language() -> str:
    """The language in use, "zh" or "en"."""
    return _language.get()


def from_environment() -> str:
    """The language of LC_ALL, LC_MESSAGES or LANG; no locale of the system is needed for it."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].startswith("zh") else "en"
    return "en"


def _(text: str) -> str:
    """`text` in the language in use; the English itself if there is no translation."""
    return _catalogue(_language.get()).gettext(text) if text else text


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark `text` for translation; it is translated where it is shown."""
    return text


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    if language != "zh":
        return gettext.NullTranslations()
    with (Path(__file__).parent / "locale/zh_CN/LC_MESSAGES/shanshui.mo").open("rb") as file:
        return gettext.GNUTranslations(file)
