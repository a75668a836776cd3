"""``python -m tests.fidelity``: bring the generated parts of ``docs/fidelity.md`` up to date."""

from __future__ import annotations

from tests.fidelity.page import PAGE, brought_up_to_date

PAGE.write_text(brought_up_to_date(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
