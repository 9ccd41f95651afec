"""Tables 1 and 2 of the paper beside ours, as Markdown and LaTeX, with order and significance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msmd.evaluation.markdown import cell_number, markdown_table
from msmd.evaluation.metrics import UNITS
from msmd.evaluation.scores import Scores
from msmd.evaluation.statistics import SIGNIFICANT_P, PairedTest, better_than_all, paired_tests

PAPER_METRICS: Final = {"mve": "MSE", "lve_max": "LVE", "fdd_abs": "FDD", "mod": "MOD"}
"""Our reading of the columns of Tables 1 and 2, by their names there. The other readings (`rmse`,
`lve_rms`, ...) stand in the table of all metrics."""

PAPER_NUMBERS: Final[Mapping[str, tuple[float, float, float, float]]] = {
    "unconditioned": (4.50, 11.0, 52.4, 3.24),
    "diffposetalk": (3.86, 10.0, 48.3, 3.46),
    "vae-baseline": (3.61, 9.13, 47.4, 3.10),
    "no-cross-condition": (3.59, 8.96, 46.3, 3.01),
    "msmd": (3.46, 8.54, 43.4, 2.96),
}
"""As printed there, on a mesh that is not public: what can be compared is order and relative gaps."""


@dataclass(frozen=True)
class TableLayout:
    """Which variants a table compares, and what it calls them.

    Attributes:
        title: of the table.
        rows: variant -> label, in order.
        takes_others: whether bundles that are no variant of the paper join it.
    """

    title: str
    rows: Mapping[str, str]
    takes_others: bool = False


LAYOUTS: Final = (
    TableLayout(
        "Table 1: baselines",
        {
            "unconditioned": "Unconditioned",
            "diffposetalk": "DiffPoseTalk",
            "vae-baseline": "VAE-baseline",
            "msmd": "MSMD",
        },
        takes_others=True,
    ),
    TableLayout(
        "Table 2: ablations",
        {
            "vae-baseline": "no style basis",
            "no-cross-condition": "no cross condition",
            "msmd": "MSMD",
        },
    ),
    TableLayout(
        "Number of bases K",
        {
            "num-basis-1": "K = 1",
            "num-basis-2": "K = 2",
            "num-basis-3": "K = 3",
            "msmd": "K = 4 (MSMD)",
            "num-basis-8": "K = 8",
        },
    ),
)


def variant_of(system: str) -> str:
    """Which variant of the paper a bundle is, by its name: that of its preset, less the size."""
    name = system.removesuffix("-embedded").removesuffix("-paper")
    return "msmd" if name in {"embedded", "msmd"} else name


@dataclass(frozen=True)
class TableRow:
    """One line of a table.

    Attributes:
        label: how the table calls it.
        system: name of the bundle.
        variant: see `variant_of`.
        values: metric of `PAPER_METRICS` -> mean over clips.
        bold: metrics in which it is significantly better than all others of the table.
    """

    label: str
    system: str
    variant: str
    values: Mapping[str, float]
    bold: frozenset[str]


@dataclass(frozen=True)
class Table:
    """A table with the tests behind its bold numbers.

    Attributes:
        title: of the table.
        rows: in order.
        tests: metric of `PAPER_METRICS` -> every pair of rows, corrected together.
    """

    title: str
    rows: tuple[TableRow, ...]
    tests: Mapping[str, Sequence[PairedTest]]


def lay_out(layout: TableLayout, scores: Scores, models: Sequence[str]) -> Table | None:
    """The table of the models that there are; None for fewer than two."""
    chosen = [
        (variant, system, label if len(alike) == 1 else f"{label}: {system}")
        for variant, label in layout.rows.items()
        for alike in ([model for model in models if variant_of(model) == variant],)
        for system in alike
    ]
    if layout.takes_others:
        known = {variant for one in LAYOUTS for variant in one.rows}
        chosen += [(name, name, name) for name in models if variant_of(name) not in known]
    names = [system for _, system, _ in chosen]
    if len(names) < 2:
        return None
    tests = {
        metric: paired_tests({name: scores.values[metric][name] for name in names})
        for metric in PAPER_METRICS
    }
    means = scores.means["matching"]["all"]
    rows = []
    for variant, system, label in chosen:
        values = {name: means[system][name].mean for name in PAPER_METRICS if name in means[system]}
        bold = frozenset(name for name in PAPER_METRICS if better_than_all(system, names, tests[name]))
        rows.append(TableRow(label, system, variant, values, bold))
    return Table(layout.title, tuple(rows), tests)


def table_markdown(table: Table) -> str:
    """Ours, then the paper's numbers in the same order of columns."""
    known = any(row.variant in PAPER_NUMBERS for row in table.rows if row.variant != "msmd")
    header = ["model", *(f"{metric} ({UNITS[metric]})" for metric in PAPER_METRICS)]
    header += [f"paper: {name}" for name in PAPER_METRICS.values()] if known else []
    lines = []
    for row in table.rows:
        cells = [row.label]
        for metric in PAPER_METRICS:
            text = cell_number(row.values.get(metric))
            cells.append(f"**{text}**" if metric in row.bold else text)
        if known:
            cells += [cell_number(value) for value in PAPER_NUMBERS.get(row.variant, (None,) * 4)]
        lines.append(cells)
    return f"### {table.title}\n\n{markdown_table(header, lines)}"


def table_latex(table: Table) -> str:
    """The same for a paper that uses the package booktabs."""
    head = [f"{name} ({_latex(UNITS[metric])})" for metric, name in PAPER_METRICS.items()]
    body = []
    for row in table.rows:
        cells = [_latex(row.label)]
        for metric in PAPER_METRICS:
            text = cell_number(row.values.get(metric))
            cells.append(f"\\textbf{{{text}}}" if metric in row.bold else text)
        cells += [cell_number(value) for value in PAPER_NUMBERS.get(row.variant, (None,) * 4)]
        body.append(" & ".join(cells) + r" \\")
    columns = " & ".join(["Model", *head, *PAPER_METRICS.values()])
    return "\n".join(
        (
            r"\begin{table}",
            rf"\caption{{{_latex(table.title)}. Left: ours; right: as published on another mesh. Bold: "
            rf"$p < {SIGNIFICANT_P}$ against all others by paired t-test and Wilcoxon's test, both with "
            r"Holm's correction. Lower is better.}",
            r"\begin{tabular}{l" + "r" * 8 + "}",
            r"\toprule",
            columns + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        )
    )


def order_markdown(table: Table) -> str:
    """Best to worst by each metric, ours and the paper's, and whether they agree."""
    ranked = [row for row in table.rows if row.variant in PAPER_NUMBERS]
    lines = []
    for place, (metric, name) in enumerate(PAPER_METRICS.items()):
        known = [row for row in ranked if metric in row.values]
        if len(known) < 2:
            continue
        ours = sorted(known, key=lambda row, metric=metric: row.values[metric])
        theirs = sorted(known, key=lambda row, place=place: PAPER_NUMBERS[row.variant][place])
        lines.append(
            (
                f"{metric} ({name})",
                " < ".join(row.label for row in ours),
                " < ".join(row.label for row in theirs),
                f"{_agreeing_pairs(known, metric, place)} of {len(known) * (len(known) - 1) // 2}",
            )
        )
    header = ("metric", "ours, best first", "paper, best first", "pairs in the same order")
    return markdown_table(header, lines) if lines else ""


def _agreeing_pairs(rows: Sequence[TableRow], metric: str, place: int) -> int:
    return sum(
        (a.values[metric] - b.values[metric])
        * (PAPER_NUMBERS[a.variant][place] - PAPER_NUMBERS[b.variant][place])
        > 0
        for index, a in enumerate(rows)
        for b in rows[index + 1 :]
    )


def significance_markdown(table: Table, variant: str = "msmd") -> str:
    """One row of a table against every other: how much better, how sure, how large; "" without it."""
    labels = {row.system: row.label for row in table.rows}
    model = next((row.system for row in table.rows if row.variant == variant), None)
    if model is None:
        return ""
    lines = [
        _test_row(metric, test, model, labels)
        for metric, tests in table.tests.items()
        for test in tests
        if model in (test.first, test.second)
    ]
    header = (
        "metric",
        f"{labels[model]} against",
        "mean difference",
        "95 % interval",
        "p (t)",
        "p (Wilcoxon)",
        "Cohen's d",
        "rank-biserial",
        "clips",
    )
    return markdown_table(header, lines)


def _test_row(metric: str, test: PairedTest, model: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    sign = 1 if test.first == model else -1
    low, high = sorted((sign * test.low, sign * test.high))
    return (
        metric,
        labels[test.second if test.first == model else test.first],
        cell_number(sign * test.mean_difference),
        f"[{cell_number(low)}, {cell_number(high)}]",
        _p(test.t_p_holm),
        _p(test.wilcoxon_p_holm),
        cell_number(sign * test.cohens_d),
        cell_number(sign * test.rank_biserial),
        str(test.count),
    )


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def _latex(text: str) -> str:
    for plain, escaped in (("_", r"\_"), ("%", r"\%"), ("&", r"\&"), ("²", "$^2$"), ("1e-5", "$10^{-5}$")):
        text = text.replace(plain, escaped)
    return text
