"""What a partnership plans and decides: roles, documents, actions and meetings, as tables in its folder.

A row that is not marked as published is for the partnership; so is every name of a person that is not marked.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from drug_outcomes.definitions import edited_tables
from drug_outcomes.definitions.areas import Area
from drug_outcomes.definitions.edited_tables import YES_NO, Column, dates, free, ids, matching, text, word
from drug_outcomes.definitions.framework import Definitions
from drug_outcomes.definitions.project import FRAMEWORK, home
from drug_outcomes.errors import UnreadableInput

NOT_STARTED, UNDER_WAY, DONE, STOPPED = "not_started", "under_way", "done", "stopped"
DECIDED, TO_DECIDE, TO_HOLD = "decided", "to_decide", ""
#: Days in meetings.csv that are no meeting: figures go out as was announced before, or somebody signs.
RELEASE, SIGN_OFF = "release", "sign_off"
#: In data/framework: the roles, and whether national guidance asks for them.
ROLES_ASKED_FOR = "roles.csv"
_ASKED_FOR = ids("role") + text("title", "holds") + word("national", YES_NO)
_PUBLISHED = word("published", YES_NO)
#: The tables of an area's folder, and their columns.
TABLES: dict[str, tuple[Column, ...]] = {
    "roles.csv": (*ids("role"), *free("holder", "organisation", "name"), *word("name_published", YES_NO), *_PUBLISHED),
    "documents.csv": (
        *ids("document"), *text("title"), *free("address", "superseded_by"), *_PUBLISHED,
        *matching("a year, month or date such as 2024, 2024-05 or 2024-05-14", r"\d{4}(-\d\d){0,2}", "date"),
    ),
    "actions.csv": (
        *ids("action", "commitment"), *text("what"), *free("measures", "lead", "evidence", "next_step"),
        *dates("due", "updated", blank=False), *word("status", (NOT_STARTED, UNDER_WAY, DONE, STOPPED)), *_PUBLISHED,
    ),
    "meetings.csv": (
        *dates("date", blank=False), *dates("papers_close", "due", "closed"),
        *word("kind", (DECIDED, TO_DECIDE, TO_HOLD, RELEASE, SIGN_OFF)), *free("decision", "owner"), *_PUBLISHED,
    ),
    "agreements.csv": (
        *ids("agreement", "source"), *text("partner", "purpose"), *dates("signed", "review", "delete_by", blank=False),
        *_PUBLISHED,
    ),
}  # fmt: skip
#: The columns that say something in free words.
_WORDS = {
    "roles.csv": ["holder", "organisation"],
    "documents.csv": ["title", "address"],
    "actions.csv": ["what", "lead", "evidence", "next_step"],
    "meetings.csv": ["decision", "owner"],
    "agreements.csv": ["partner", "purpose"],
}


@dataclass(frozen=True)
class Plan:
    """The tables of an area as an audience may read them, in the columns of TABLES with `file` and `row`.

    `asked_for` holds the roles of the framework: role, title, national (yes or no), holds.
    """

    roles: pd.DataFrame
    documents: pd.DataFrame
    actions: pd.DataFrame
    meetings: pd.DataFrame
    agreements: pd.DataFrame
    asked_for: pd.DataFrame

    def known_on(self, as_of: str) -> "Plan":
        """Return the tables without what was written after a day (ISO); meetings that are still to be held stay."""
        meetings, ahead = self.meetings, self.meetings["date"] > as_of
        closed = meetings["closed"].where(meetings["closed"] <= as_of, "")
        return replace(
            self,
            documents=self.documents[self.documents["date"] <= as_of],
            actions=self.actions[self.actions["updated"] <= as_of],
            meetings=meetings.assign(closed=closed)[~(ahead & (meetings["kind"] == DECIDED))],
            agreements=self.agreements[self.agreements["signed"] <= as_of],
        )

    @property
    def held(self) -> pd.DataFrame:
        """The rows of meetings that are meetings."""
        found: pd.DataFrame = self.meetings[~self.meetings["kind"].isin([RELEASE, SIGN_OFF])]
        return found

    def last_meeting(self, as_of: str) -> str:
        """Return the day of the last meeting by a day, "" where there was none."""
        held = self.held.loc[self.held["date"] <= as_of, "date"]
        return str(held.max()) if len(held) else ""

    def next_meeting(self, as_of: str) -> str:
        """Return the day of the next meeting after a day, "" where none is planned."""
        ahead = self.held.loc[self.held["date"] > as_of, "date"]
        return str(ahead.min()) if len(ahead) else ""

    def lines(self) -> pd.DataFrame:
        """Return about (measure, commitment, or ""), text, file and row of everything that people wrote."""
        found = [
            table.assign(about=_about(table), text=table[_WORDS[name]].agg(". ".join, axis=1)).explode("about")
            for name, table in zip(TABLES, self._tables, strict=True)
            if len(table)
        ]
        columns = ["about", "text", "file", "row"]
        return pd.concat([one[columns] for one in found]) if found else pd.DataFrame(columns=columns)

    def digest(self) -> str:
        """Return everything that an audience may read as one text, to notice a change by."""
        return "\n".join(table.drop(columns=["file", "row"]).to_csv(index=False) for table in self._tables)

    @property
    def _tables(self) -> tuple[pd.DataFrame, ...]:
        return self.roles, self.documents, self.actions, self.meetings, self.agreements


def _about(table: pd.DataFrame) -> pd.Series:
    """Return the commitment and the measures that the words of each row are about."""
    if "commitment" not in table:
        return pd.Series([[""]] * len(table), table.index)
    return (table["commitment"] + ";" + table["measures"]).str.strip(";").str.split(";")


def read(area: Area, definitions: Definitions) -> Plan:
    """Read an area's tables as its audience may: rows and names that are not marked are the partnership's alone.

    Raises `UnreadableInput` with file, row, column and what was expected; for words of a published row that hold a
    name which is not marked too.
    """
    asked_for = edited_tables.read(home() / FRAMEWORK / ROLES_ASKED_FOR, _ASKED_FOR, "role")
    may_lead = {*asked_for["role"], *definitions.commitments["commitment"]}
    tables = [_read(area, name, definitions, may_lead) for name in TABLES]
    _keep_names(area, tables[0], tables)
    if not area.whole:
        tables = [table[table["published"] == "yes"] for table in tables]
    roles, documents, actions, meetings, agreements = tables
    named = roles["name"].where(area.whole | (roles["name_published"] == "yes"), "")
    in_order = meetings.sort_values("date", kind="stable")
    return Plan(roles.assign(name=named), documents, actions, in_order, agreements, asked_for)


def _read(area: Area, name: str, definitions: Definitions, may_lead: set[str]) -> pd.DataFrame:
    found = [_checked(file, definitions, may_lead) for file in area.tables(name)]
    empty = pd.DataFrame(columns=[*(one.name for one in TABLES[name]), "file", "row"], dtype="str")
    return pd.concat([empty, *found], ignore_index=True)


def _checked(file: Path, definitions: Definitions, may_lead: set[str]) -> pd.DataFrame:
    key = {"documents.csv": "document", "actions.csv": "action", "agreements.csv": "agreement"}.get(file.name, "")
    table = edited_tables.read(file, TABLES[file.name], key)
    if file.name == "roles.csv":
        edited_tables.known(table, file, "role", may_lead, f"{ROLES_ASKED_FOR} or commitments.csv")
    elif file.name == "documents.csv":
        edited_tables.known(table, file, "superseded_by", {*table["document"], ""}, "this file")
    elif file.name == "actions.csv":
        edited_tables.known(table, file, "commitment", set(definitions.commitments["commitment"]), "commitments.csv")
        strange = ~table["measures"].map(lambda cell: set(cell.split(";")) <= {*definitions.named, ""}).astype(bool)
        edited_tables.refuse(table, file, "measures", strange, "ids of measures, separated by ;", definitions.named)
        table = table.assign(measures=definitions.tracked(table["measures"]))
    elif file.name == "agreements.csv":
        edited_tables.known(table, file, "source", set(definitions.sources["source"]), "sources.csv")
    else:
        silent = (table["kind"] != TO_HOLD) != (table["decision"] != "")
        edited_tables.refuse(table, file, "decision", silent, "a decision where kind says that there is one")
    return table.assign(file=file.name, row=range(2, len(table) + 2))


def _keep_names(area: Area, roles: pd.DataFrame, tables: list[pd.DataFrame]) -> None:
    """Refuse published words that hold a name which is not marked as published."""
    names = roles.loc[(roles["name"] != "") & (roles["name_published"] == "no"), "name"]
    for table in tables:
        for column in [one for words in _WORDS.values() for one in words if one in table]:
            told = table[column].map(lambda text: any(name.casefold() in text.casefold() for name in names))
            wrong = table[told.astype(bool) & (table["published"] == "yes")].head(1)
            for row in wrong.to_dict("records"):
                file = next(one for one in area.tables(str(row["file"])) if one.name == row["file"])
                expected = "no name that roles.csv does not mark as published"
                raise UnreadableInput(
                    f"the column '{column}' names somebody", expected=expected, file=file, row=int(row["row"])
                )
