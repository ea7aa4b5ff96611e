"""The prose of the quality page, in one place."""

from __future__ import annotations

from typing import Final

INTRO: Final = """\
Every figure beside its baselines, computed in the same run. In brackets: where the figure lies in
95 of 100 bootstrap draws, over incidents for grouping and over rows for labels; few incidents
make wide brackets. The evaluation sets are read by path where they are; none of their text is
kept here.

*F1, precision, recall*: over pairs of reports, as grouped on arrival. *B-cubed*: over all
reports, and over the reports of incidents only. *Detected*: incidents of three reports or more of
which three met in one group; *after*: how many of its reports had come by then (median; 3 is the
best possible).
"""

WHOLE: Final = """\
The shipped artifact through the real path. Where a set is marked *learnt from*, the artifact was
fitted on these very rows, which flatters it: there *cross-fitted* is the F1 of weights that never
saw the report's part of the stream, and *set left out* of weights of the other sets only (both
from the training of the artifact). TF-IDF, plain cosine and HDBSCAN stand at the setting that is
best on the very stream that judges them, chosen by its labels: the most they could reach. HDBSCAN
also sees each window's future.
"""

LATER: Final = """\
As above, judged on the later part, from when half of the incidents have begun (of our ten days
the held third, which nothing was ever learnt from or tuned on). The simple methods have the
setting that is best on the earlier part, as one would tune them.
"""

LEARNT: Final = """\
`muster train --stream` on one part in time, judged on the other, starting from weights that never
saw the set: what a new organisation would get. The simple methods are tuned on the same part.
"""

ALARMS: Final = """\
An alarm is right if at least half of its reports are of one incident; an incident counts if it
has as many reports as the rule asks people. The budget is what staff set: false alarms a week.
"""

APART: Final = """\
Two incidents met where one group holds two reports or more of each. The part never learnt from
asks only about incidents of which both lie in it.
"""

SWEEPS: Final = """\
Shipped weights on each set under other thresholds. A threshold that suits one desk does not suit
another: it is learnt there.
"""

ABLATION: Final = """\
Learnt again without it, from the same sets as the artifact, and grouped again, cross-fitted in
five parts by time (of our ten days the part that is not held), at the threshold that serves the
rest best. In the rows: how F1 changes (a minus: the evidence is worth that much; bold: beyond
chance).
"""

ERRORS: Final = """\
The later part of each set. *Nothing shared*: cosine below .3, and no service, building, code or
rare word in common: nothing in the two texts says that they belong together but the hour.
"""

ANSWERS: Final = """\
The later part again, as if people had answered: *which service* and *which building* as most
reports of the incident name it; *is it this one?* truthfully, wherever the likeliest group lies
between the two thresholds.
"""

CURVE: Final = """\
Learnt from the newest part of what comes before, on top of the other sets; 0: those alone.
"""

LABELS: Final = """\
Intervals over rows; the rivals learn from the same rows.
"""

RELIABLE: Final = """\
The likeliest group of each report: how sure, and how often right.
"""

RECURRENCE: Final = """\
Past incidents of the same cause, by the second model; from its training, on incidents that it
never saw.
"""

SUMMARY: Final = """\
F1 of the later part of each set, from when half of its incidents have begun (of our ten days the
held third); *its queue*: only what was published to staff. On a set that is marked *learnt from*,
the shipped artifact saw that part too: *cross-fitted* is the honest figure there, over the whole
set. *Learnt there*: from the earlier part, starting from weights that never saw the set.
"""
