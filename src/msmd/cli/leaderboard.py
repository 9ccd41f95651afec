"""`msmd leaderboard`: results of `msmd evaluate` in, the page out."""

from pathlib import Path
from typing import Annotated

import typer

from msmd.evaluation.leaderboard import board_json, board_markdown, entries_of, merge, read_board
from msmd.evaluation.records import write_json, write_text


def leaderboard_command(
    board: Annotated[Path, typer.Option(help="JSON file of the board; made if it is not there.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Markdown page to write.")],
    comparisons: Annotated[
        list[Path] | None,
        typer.Argument(metavar="COMPARISON", help="comparison.json of `msmd evaluate`, to be added."),
    ] = None,
) -> None:
    """Add results to a board of models and write its page.

    Example:

        msmd leaderboard work/evaluation/comparison.json --board docs/leaderboard.json -o docs/leaderboard.md
    """
    entries = read_board(board)
    for path in comparisons or []:
        entries = merge(entries, entries_of(path))
    if comparisons:
        write_json(board, board_json(entries))
    write_text(out, board_markdown(entries))
    typer.echo(str(out))
