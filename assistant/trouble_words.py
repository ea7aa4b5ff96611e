"""Words that tell of something broken, whatever it is."""

from __future__ import annotations

import re
from typing import Final

TROUBLE: Final = re.compile(
    r"(?i)\b(?:down|broken|crash\w*|gone|dead|died|fail\w*|error|stuck|fr(?:o|ee)z\w*|slow|crawl\w*|"
    r"sluggish|unusable|offline|outage|"
    r"not work\w*|doesn'?t|don'?t|won'?t|can'?t|cannot|cant|wont|unable|no (?:wifi|internet|sound|"
    r"connection|network|mail)|kaputt|tot|geht nicht|nichts geht|geht nichts|nix geht|"
    r"nothing works|funktioniert nicht|ausfall|lento|caiu|"
    r"não funciona|no funciona|refuses?|blank|black screen|time[sd]? ?out|disconnect\w*)\b"
)
WORSE: Final = re.compile(
    r"(?i)\b(?:got|gets|getting|become|becoming|even|much|is|now)\s(?:even\s|much\s)?worse\b"
    r"|\bworse now\b|\bwird (?:immer )?schlimmer\b|\bimmer noch\b|\bainda não\b"
    r"|\bstill (?:the same|not working|down|broken|nothing)\b"
    r"|\b(?:problem|error|issue|fault|outage|fehler|störung)s?\b.{0,20}\b(?:back|again|wieder)\b"
)
_BROKEN_NOW: Final = re.compile(
    r"(?i)(?<!was )(?<!were )(?<!war )(?<!only )(?<!not )(?<!longer )(?<!nicht )(?<!never )\b(?:"
    r"down|broken|crash(?:es|ing)|dead|died|stuck|fr(?:o|ee)z(?:es?|ing)|offline|outage|kaputt|tot|"
    r"(?:does|do|ca|wo)(?:n'?t| ?not) (?:\w+ )?(?:work|open|start|print|connect|load|respond)|"
    r"(?:is|are) not working|(?:is|are)n'?t working|(?:geht|funktioniert|läuft) (?:\w+ )?nicht|"
    r"still (?:not|does|do|can))\b"
)


def is_broken_now(text: str) -> bool:
    """Whether something is said to be broken at this moment; what was, and is no more, is not."""
    return bool(_BROKEN_NOW.search(text) or WORSE.search(text))
