"""What scripts print is shown in reports and on the screen, never obeyed."""

from __future__ import annotations

import pytest

from runners.progress import headline
from runners.report.markup import cell, inert, line, quoted

PRINTED = "\x1b[2J\x1b]0;owned\x07\x9b31m \x00 <script>alert(1)</script> ![x](http://x/y) [y](javascript:1)"


@pytest.mark.parametrize("shown", [inert, cell, line, quoted])
def test_html_pictures_links_and_escape_codes_stay_text(shown) -> None:  # type: ignore[no-untyped-def]
    text = shown(PRINTED)
    assert all(c.isprintable() for c in text)
    assert "&lt;script>alert(1)&lt;/script>" in text
    assert "![" not in text
    assert "](" not in text


def test_the_screen_gets_no_escape_code_of_a_script() -> None:
    text = headline(f"first\n{PRINTED}")
    assert text.isprintable()
    assert "<script>alert(1)</script>" in text
