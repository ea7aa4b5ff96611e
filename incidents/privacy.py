"""What leaves the building goes through here: words with secrets and personal numbers masked.

The raw text stays in `report_text`; who looks at it is remembered (`incidents.text_access`).
"""

from __future__ import annotations

from models.masking import mask

__all__ = ["mask"]
