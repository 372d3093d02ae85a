"""Agreeing which direction is good: the form that a partnership fills in, and what it says taken into its folder."""

import argparse
import io
from pathlib import Path

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.datavalidation import DataValidation

from drug_outcomes.definitions import areas, edited_tables, framework, polarity
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.vocabulary import Polarity
from drug_outcomes.errors import UnreadableInput, UsageError
from drug_outcomes.intake import received
from drug_outcomes.sources import labelling, reading

FORM = "polarity.xlsx"
HEADER = ("measure", "number", "title", "proposed", "agreed")
_WIDTHS = (34, 9, 70, 36, 36)
_ASKED = {str(said): meant for meant, said in polarity.WORDS.items()}


def write_form(definitions: Definitions, file: Path) -> Path:
    """Write one page with a row for each measure: what is proposed, and a choice for what is agreed.

    What the partnership has agreed already stands in the last column; an empty cell agrees to nothing.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Which direction is good"
    sheet.append(HEADER)
    for measure in map(definitions.measure, definitions.measures["measure"]):
        said = polarity.WORDS[measure.polarity]
        sheet.append([measure.measure, measure.number, measure.title, said, said if measure.polarity_agreed else None])
    choice = DataValidation(
        type="list", formula1='"' + ",".join(_in_list(one) for one in _ASKED) + '"', allow_blank=True
    )
    sheet.add_data_validation(choice)
    choice.add(f"E2:E{sheet.max_row}")
    for place, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDE"[place]].width = width
        sheet.cell(1, place + 1).font = Font(bold=True)
    for row in sheet.iter_rows(min_row=2):
        row[2].alignment = Alignment(wrap_text=True)
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = ("landscape", 1, 1)
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    content = io.BytesIO()
    book.save(content)
    received.place(file, content.getvalue())
    return file


def _in_list(words: str) -> str:
    """Return words as a list of choices can hold them: a comma would part them."""
    return words.replace(",", "")


def read_form(file: Path, definitions: Definitions) -> pd.DataFrame:
    """Return measure and polarity of every row of a form that agrees to something.

    Raises `UnreadableInput` for a word that is none of the choices, and for a measure that the area does not track.
    """
    sheet = reading.read_sheet(file)
    header = reading.find_header(sheet, {name: (name,) for name in ("measure", "agreed")})
    table = reading.body(sheet, header)
    chosen = table[table["agreed"] != ""].reset_index(drop=True)
    known = {labelling.squeeze(_in_list(words)): str(meant) for words, meant in _ASKED.items()}
    meant = chosen["agreed"].map(lambda words: known.get(labelling.squeeze(_in_list(words)), ""))
    for wrong, expected in (
        (meant == "", f"agreed: {'; '.join(_ASKED)}; or an empty cell"),
        (~chosen["measure"].isin(definitions.measures["measure"]), "measure: the id of a measure of this area"),
    ):
        if wrong.any():
            row = chosen[wrong].iloc[0]
            raise UnreadableInput(
                f"{row['measure']}: {row['agreed']!r}", expected=expected, file=file, row=int(row["row"])
            )
    return pd.DataFrame({"measure": chosen["measure"], "polarity": meant})


def proposals(definitions: Definitions) -> pd.DataFrame:
    """Return measure and polarity of everything that is proposed."""
    return definitions.measures[["measure", "polarity"]].reset_index(drop=True)


def take(area: Area, definitions: Definitions, agreed: pd.DataFrame, *, by: str, on: str) -> int:
    """Write what was agreed into polarity.csv, in place of what it said of these measures; return how many."""
    held = polarity.read(area.folder, definitions.measures)
    signed = agreed.assign(agreed_by=by, agreed_on=on)
    both = pd.concat([held[~held["measure"].isin(signed["measure"])], signed])
    order = {name: place for place, name in enumerate(definitions.measures["measure"])}
    rows = both.sort_values("measure", key=lambda names: names.map(order), kind="stable")
    text = rows[[one.name for one in polarity.COLUMNS]].to_csv(index=False, lineterminator="\n")
    received.place(area.folder / polarity.FILE, text.encode())
    return len(agreed)


def run(options: argparse.Namespace) -> int:
    """Run `drug-outcomes agree`: write the form, or take in what was agreed."""
    root = framework.home()
    area = areas.load(root, options.area)
    definitions = areas.own_definitions(framework.load(root / framework.FRAMEWORK), area)
    if options.form is None and not options.all:
        print(write_form(definitions, root / "outputs" / area.id / "agree" / FORM))
        print(f"When it is filled in: drug-outcomes agree FORM --area {area.id} --by NAME --on DATE")
        return 0
    if not options.by.strip():
        raise UsageError("nothing says who agreed it", expected='--by and a name: --by "Partnership board"')
    if not edited_tables.is_date(options.on):
        raise UsageError(f"{options.on!r} is not a date", expected="--on and the day of the agreement: 2026-11-30")
    agreed = proposals(definitions) if options.all else read_form(options.form, definitions)
    many = take(area, definitions, agreed, by=options.by.strip(), on=options.on)
    judged = agreed["polarity"].isin([Polarity.HIGH_IS_GOOD, Polarity.LOW_IS_GOOD]).sum()
    print(f"{area.folder / polarity.FILE}: {many} measures agreed, {judged} of them with a better direction.")
    return 0
