"""How many are hit, how badly, how soon: cues to impact and urgency in five languages.

A ticket table is too small to teach a head that "niemand" and "ninguém" are "nobody". These
lists are general knowledge of the languages, not taken from any table; a head learns what
each cue is worth. Linear patterns only: the words are anybody's.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt

_LISTS: Final = {
    "everyone": (
        "nobody|no one|noone|none of us|everybody|everyone|every one of us|anybody|anyone|"
        "company[- ]?wide|whole company|entire|whole|"
        "all (?:users|staff|sites|offices|of us|of them|countries|stores|customers)|"
        "across (?:all|the)|"
        "niemand|keiner|alle|alles|ganze[nrs]?|gesamte[nrs]?|komplett|"
        "iedereen|geen enkele|hele|allemaal|heel|"
        "ninguém|todos|todas|toda a gente|inteir[oa]|nenhum|nenhuma|todo o|toda a|"
        "nadie|todo el|toda la|ningún|ninguna|enter[oa]"
    ),
    "group": (
        "we|us|our|ours|team|teams|department|dept|colleagues?|both|several|some of|others|group|"
        "crew|shift|desk|couple of|"
        "wir|uns|unser[enrs]*|kolleg\\w+|abteilung|schicht|mehrere|"
        "wij|we|ons|onze|collega\\w*|afdeling|ploeg|"
        "nós|nosso|nossa|equipa|equipe|colegas|"
        "nosotros|nosotras|nuestr[oa]s?|equipo|compañer[oa]s|departamento"
    ),
    "one": (
        "i|me|my|mine|myself|i'm|i've|he|she|his|her|user|usr|caller|"
        "ich|mir|mich|mein\\w*|ik|mij|mijn|eu|meu|minha|yo|mi|mis"
    ),
    "public": (
        "customers?|clients?|patients?|visitors?|suppliers?|guests?|pupils?|students?|public|"
        "passengers?|residents?|tenants?|"
        "kunden?|patienten?|besucher|klanten?|bezoekers?|clientes?|pacientes?|visitantes?"
    ),
    "site": (
        "site|sites|building|warehouse|depot|offices|floor|plant|branch|branches|hospital|school|"
        "campus|store|shop|website|web shop|factory|hall|region|country|company|"
        "standort|gebäude|lager|werk|filiale|büro|firma|"
        "vestiging|gebouw|magazijn|kantoor|bedrijf|winkel|"
        "armazém|escritório|edifício|empresa|loja|fábrica|"
        "almacén|oficina|edificio|planta|tienda|sede"
    ),
    "stopped": (
        "down|dead|stopped|standstill|stands? still|cannot work|can't work|cant work|outage|"
        "blocked|stuck|halted|crashed|nothing works|not one|zero|idle|sat|offline|"
        "lost|gone|locked|frozen|"
        "steht|stehen|still|tot|ausgefallen|ausfall|geht nichts|geht nicht|"
        "plat|stil|ligt eruit|werkt niets|werkt niet|"
        "parad[oa]s?|em baixo|caiu|não funciona|bloquead[oa]s?|"
        "caíd[oa]s?|no funciona|no va"
    ),
    "now": (
        "now|right now|today|immediately|urgent|urgently|asap|at once|waiting|deadline|tonight|"
        "minutes?|mins?|by noon|right away|straight away|hurry up|help|"
        "jetzt|sofort|heute|dringend|eilt|nu|meteen|direct|vandaag|spoed|dringend|"
        "agora|hoje|urgente|já|imediatamente|ahora|hoy|urgentemente|inmediatamente"
    ),
    "stakes": (
        "payroll|wages|salar(?:y|ies)|pay run|fines?|penalt(?:y|ies)|money|bank details|emergency|"
        "alarm|ambulance|police|injur(?:y|ed)|safety|danger|fire|stolen|theft|fraud|breach|leak|leaked|"
        "ransomware|hacked|phishing|clicked|court|regulator|"
        "lohn|gehalt|notfall|notruf|unfall|gestohlen|polizei|betrug|"
        "loon|salaris|noodgeval|ongeluk|gestolen|politie|"
        "salário|emergência|roubad[oa]|polícia|dinheiro|"
        "salario|nómina|emergencia|robad[oa]|policía|dinero"
    ),
    "hampered": (
        "slow|slowly|sometimes|intermittent|now and then|every time|keeps|drops|annoying|instead|"
        "meanwhile|by hand|manually|workaround|for now|still works?|manage|retype|reload|restart|"
        "twice|"
        "langsam|manchmal|immer wieder|umständlich|traag|soms|steeds|"
        "lent[oa]|às vezes|sempre que|a veces|cada vez|mientras"
    ),
    "can_wait": (
        "no rush|no hurry|when you have|whenever|some ?time|next week|next month|next year|"
        "no urgency|not urgent|low prio|would like|could you|could we|can we have|"
        "how do i|how can i|question|wondering|request|please add|"
        "pls add|new starter|typo|cosmetic|fyi|thanks?|thank you|"
        "keine eile|wenn sie zeit|irgendwann|danke|geen haast|als het uitkomt|bedankt|"
        "sem pressa|quando puder\\w*|obrigad[oa]|sin prisa|cuando pued\\w*|gracias"
    ),
}  # fmt: skip
_PATTERNS: Final = tuple(
    re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) for words in _LISTS.values()
)
_COUNTED: Final = re.compile(r"(?<![\w.,:/-])(\d{1,4})(?![\w.,:/-])")
_MOST: Final = 3
NAMES: Final = (*_LISTS, "capitals", "exclamations", "numbers")
"""What each column says; every value lies in [0, 1]."""


def cues(text: str) -> npt.NDArray[np.float32]:
    """The cues of a text, shape (len(NAMES),)."""
    found = [min(sum(1 for _ in p.finditer(text)), _MOST) / _MOST for p in _PATTERNS]
    letters = sum(map(str.isalpha, text))
    capitals = sum(map(str.isupper, text)) / letters if letters else 0.0
    numbers = [int(n) for n in _COUNTED.findall(text)[:20]]
    found += [capitals, min(text.count("!"), _MOST) / _MOST]
    found.append(float(np.log10(max(numbers, default=0) + 1)) / 4)
    return np.array(found, dtype=np.float32)
