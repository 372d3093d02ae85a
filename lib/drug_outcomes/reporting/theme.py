"""The look of the suite's charts: colours, and seaborn's theme with them.

The palette is the Analysis Function's (government colours, tested for contrast): the local area is dark blue
and solid, England orange and dashed, always. `DARK` says what each colour becomes on a dark page.
"""

from typing import Any

from cycler import cycler

INK, QUIET, EDGE, GRID, BAND, WHITE = "#0b0c0c", "#484949", "#858686", "#d9d9d9", "#e9eef3", "#ffffff"
DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE = "#12436d", "#28a197", "#801650", "#f46a25"
#: The Analysis Function's four categories in its order, which keeps neighbours apart.
PALETTE = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE)
LOCAL, ENGLAND, SIGNAL = DARK_BLUE, ORANGE, DARK_PINK
#: Text in these colours is legible on white (4.5 to 1); other series are named in ink.
TEXT_COLOURS = frozenset({INK, QUIET, DARK_BLUE, DARK_PINK})
#: Light to dark: what a page with a dark ground (`DARK_GROUND`) shows instead.
DARK_GROUND = "#16191c"
DARK = {
    INK: "#f3f3f3", QUIET: "#c3c7ca", EDGE: "#9aa0a5", GRID: "#3a4046", BAND: "#262d34", WHITE: DARK_GROUND,
    DARK_BLUE: "#7db8ec", TURQUOISE: "#5ad1c6", DARK_PINK: "#f48fc4", ORANGE: "#ff9a5c",
}  # fmt: skip
#: England's dashes; gaps in round caps close a little.
DASHES = (4, 2)

#: Laid out with the font that matplotlib carries, which is wider than Arial: nothing overflows elsewhere.
SETTINGS: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": EDGE,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": INK,
    "axes.linewidth": 1.0,
    "axes.prop_cycle": cycler(color=PALETTE),
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica", "sans-serif"],
    "font.size": 10.5,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "lines.markeredgewidth": 0.0,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    "svg.hashsalt": "drug-outcomes",
    "text.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
}


def theme() -> None:
    """Give an analyst's own seaborn charts in JupyterLab the look of the suite's."""
    import seaborn as sns

    sns.set_theme(style="white", palette=list(PALETTE), rc=SETTINGS)


def style() -> dict[str, Any]:
    """Return the settings that the suite's own charts are drawn with, whatever else is set."""
    import seaborn as sns

    return {**sns.axes_style("white"), **SETTINGS}
