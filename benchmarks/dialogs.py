"""Error dialogs as people send them, drawn from a seed: themes, sizes, dark mode, photos of a screen."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

CODES = (
    ("0x8004010F", "Outlook data file cannot be accessed."),
    ("0x80070005", "Access is denied. The update could not be installed."),
    ("ORA-12170", "TNS: Connect timeout occurred"),
    ("ERR_CONNECTION_REFUSED", "intranet.example.com refused to connect."),
    ("AADSTS50126", "Error validating credentials due to invalid username or password."),
    ("0x0000011b", "Windows cannot connect to the printer."),
    ("CAA20003", "Something went wrong. You cannot get there from here."),
    ("0xC0000142", "The application was unable to start correctly."),
    ("DNS_PROBE_FINISHED_NXDOMAIN", "This site can't be reached. Check the address."),
    ("0x800704CF", "The network location cannot be reached."),
    ("ORA-00060", "deadlock detected while waiting for resource"),
    ("0x80240438", "There were some problems installing updates."),
    ("AADSTS700016", "Application was not found in the directory."),
    ("SEC_ERROR_UNKNOWN_ISSUER", "Your connection is not secure."),
    ("0x8007232B", "DNS name does not exist. Activation failed."),
)


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours and sizes of one kind of window."""

    name: str
    page: str
    ink: str
    bar: str
    bar_ink: str
    size: int
    font: str = "DejaVuSans.ttf"
    desktop: tuple[int, int] | None = None


THEMES = (
    Theme("light 15 px", "#ffffff", "#1b1b1b", "#f3f3f3", "#1b1b1b", 15),
    Theme("light 12 px", "#f0f0f0", "#000000", "#0078d7", "#ffffff", 12),
    Theme("dark 15 px", "#202020", "#f5f5f5", "#2d2d2d", "#ffffff", 15),
    Theme("dark, grey ink", "#1e1e1e", "#b0b0b0", "#323233", "#cccccc", 14),
    Theme("terminal", "#000000", "#33dd55", "#101010", "#33dd55", 14, "DejaVuSansMono.ttf"),
    Theme("blue screen", "#0a5fb4", "#ffffff", "#0a5fb4", "#ffffff", 22),
    Theme("red banner", "#fdeded", "#5f2120", "#d32f2f", "#ffffff", 14),
    Theme("serif page", "#fffdf5", "#333333", "#e8e2d0", "#333333", 17, "DejaVuSerif.ttf"),
    Theme("high density", "#ffffff", "#202124", "#ececec", "#202124", 30),
    Theme(
        "toast on a desktop", "#2b2b2b", "#ffffff", "#2b2b2b", "#bbbbbb", 13, desktop=(1920, 1080)
    ),
)
SHAPES = ("screenshot", "smaller JPEG", "photo of a screen")


@dataclass(frozen=True, slots=True)
class Dialog:
    """One picture with the code that stands in it."""

    code: str
    theme: str
    shape: str
    content: bytes
    media_type: str


def make_dialogs(seed: int = 7, count: int = 30) -> list[Dialog]:
    """As many dialogs, every theme in every shape in turn; the same for the same seed."""
    dice = random.Random(seed)
    found = []
    for number in range(count):
        theme = THEMES[number % len(THEMES)]
        shape = SHAPES[(number // len(THEMES)) % len(SHAPES)]
        code, words = CODES[(number * 7 + number // len(THEMES)) % len(CODES)]
        picture = _draw(theme, code, words, dice)
        if shape == "smaller JPEG":
            picture = picture.resize(
                (picture.width * 4 // 5, picture.height * 4 // 5), Image.Resampling.BILINEAR
            )
        if shape == "photo of a screen":
            picture = photograph(picture, dice)
        out = BytesIO()
        if shape == "screenshot":
            picture.save(out, "PNG")
        else:
            picture.save(out, "JPEG", quality=72)
        kind = "image/png" if shape == "screenshot" else "image/jpeg"
        found.append(Dialog(code, theme.name, shape, out.getvalue(), kind))
    return found


def _draw(theme: Theme, code: str, words: str, dice: random.Random) -> Image.Image:
    font = ImageFont.truetype(theme.font, theme.size)
    title = dice.choice(
        ("Microsoft Outlook", "Error", "Updater", "Inventory client", "Message from webpage")
    )
    lines = [
        words,
        f"Error code: {code}",
        dice.choice(("Contact your administrator.", "Try again later.", "Close the program?")),
    ]
    step = int(theme.size * 1.7)
    width = int(max(font.getlength(line) for line in [*lines, title])) + 6 * theme.size
    height = step * (len(lines) + 5)
    box = Image.new("RGB", (width, height), theme.page)
    pen = ImageDraw.Draw(box)
    pen.rectangle((0, 0, width, step + 6), fill=theme.bar)
    pen.text((theme.size, 4), title, font=font, fill=theme.bar_ink)
    pen.text((width - 2 * theme.size, 4), "x", font=font, fill=theme.bar_ink)
    pen.ellipse((theme.size, 2 * step, 3 * theme.size, 2 * step + 2 * theme.size), fill="#d13438")
    for at, line in enumerate(lines):
        pen.text((4 * theme.size, 2 * step + at * step), line, font=font, fill=theme.ink)
    bottom = height - step - 8
    pen.rectangle(
        (width - 7 * theme.size, bottom, width - theme.size, height - 8), outline=theme.ink
    )
    pen.text((width - 5 * theme.size, bottom + 3), "OK", font=font, fill=theme.ink)
    if theme.desktop is None:
        return box
    wall = np.linspace(0, 1, theme.desktop[0])[None, :, None] * np.array([20, 60, 110]) + np.array(
        [15, 25, 60]
    )
    desk = Image.fromarray(np.repeat(wall, theme.desktop[1], axis=0).astype(np.uint8))
    pen = ImageDraw.Draw(desk)
    icon = ImageFont.truetype("DejaVuSans.ttf", 12)
    for at, name in enumerate(("Recycle Bin", "Projects", "Team share", "Notes.txt")):
        pen.rectangle((30, 30 + at * 100, 78, 78 + at * 100), fill="#8899aa")
        pen.text((24, 84 + at * 100), name, font=icon, fill="#ffffff")
    desk.paste(box, (theme.desktop[0] - width - 24, theme.desktop[1] - height - 60))
    return desk


def photograph(picture: Image.Image, dice: random.Random) -> Image.Image:
    """The picture as a phone sees it: from the side, a little soft, with noise, stripes and a glow."""
    scale = 1500 / picture.width if picture.width > 1500 else 2.0 if picture.width < 900 else 1.4
    big = picture.resize(
        (int(picture.width * scale), int(picture.height * scale)), Image.Resampling.BICUBIC
    )
    wide, high = int(big.width * 1.12), int(big.height * 1.2)
    canvas = Image.new("RGB", (wide, high), "#3a3a38")
    canvas.paste(big, ((wide - big.width) // 2, (high - big.height) // 2))
    lean = dice.uniform(0.015, 0.04)
    corners = [(0, 0), (0, high), (wide, high), (wide, 0)]
    moved = [
        (x + dice.uniform(-lean, lean) * wide, y + dice.uniform(-lean, lean) * high)
        for x, y in corners
    ]
    canvas = canvas.transform(
        (wide, high), Image.Transform.PERSPECTIVE, _bend(corners, moved), Image.Resampling.BICUBIC
    )
    canvas = canvas.rotate(dice.uniform(-2.5, 2.5), Image.Resampling.BICUBIC, fillcolor="#3a3a38")
    canvas = canvas.filter(ImageFilter.GaussianBlur(dice.uniform(0.6, 1.1)))
    canvas = ImageEnhance.Contrast(canvas).enhance(dice.uniform(0.75, 0.95))
    rows, columns = np.mgrid[0:high, 0:wide]
    turn, wave = dice.uniform(0, math.pi), dice.uniform(2.6, 4.2)
    stripes = 1 + 0.07 * np.sin(
        (columns * math.cos(turn) + rows * math.sin(turn)) * 2 * math.pi / wave
    )
    glow = 0.75 + 0.35 * np.exp(
        -(
            ((columns - wide * dice.random()) / wide) ** 2
            + ((rows - high * dice.random()) / high) ** 2
        )
    )
    noise = np.random.default_rng(dice.randrange(1 << 30)).normal(0, 7, (high, wide, 3))
    seen = np.asarray(canvas, dtype=np.float32) * (stripes * glow)[:, :, None] + noise
    return Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))


def _bend(start: list[tuple[float, float]], end: list[tuple[float, float]]) -> list[float]:
    rows, wanted = [], []
    for (x, y), (u, v) in zip(start, end, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    return list(np.linalg.solve(np.array(rows, dtype=float), np.array(wanted, dtype=float)))
