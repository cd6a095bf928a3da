"""Decisions: what is meant, and what is refused before it is sent."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.outcomes import Person
from jira_actor import decide
from jira_actor.decide import No


@dataclass(frozen=True)
class Kind:
    name: str
    subtask: bool = False


@dataclass(frozen=True)
class Step:
    name: str
    to: str


ADA = Person(name="ada", display_name="Ada Lovelace")
GRACE = Person(name="grace", display_name="Grace Hopper")


@pytest.mark.parametrize(("text", "key"), [("ops-7", "OPS-7"), (" A1_B-10 ", "A1_B-10")])
def test_issue_keys_are_read_as_people_write_them(text: str, key: str) -> None:
    assert decide.issue_key(text) == key


@pytest.mark.parametrize(
    "text", ["", "OPS", "OPS-0", "OPS-07", "7-OPS", "OPS-7/../x", "OPS-7?x", "ОPS-7", "OPS-7\n8", "OPS-٧"]
)
def test_what_is_no_issue_key_never_reaches_a_path(text: str) -> None:
    with pytest.raises(No):
        decide.issue_key(text)


@pytest.mark.parametrize("text", ["", "O PS", "OPS-7", "../x", "ÖPS"])
def test_what_is_no_project_key_never_reaches_a_path(text: str) -> None:
    with pytest.raises(No):
        decide.project_key(text)


def test_length_is_counted_as_jira_counts() -> None:
    assert decide.jira_length("a🚀") == 3
    assert decide.comment_text("x" * 32_767)
    with pytest.raises(No, match="too_long"):
        decide.comment_text("🚀" * 16_384)


def test_a_summary_is_one_line() -> None:
    assert decide.summary_text(" Pager\n is  silent ") == "Pager is silent"


def test_a_new_issue_is_a_task_where_there_is_one() -> None:
    assert decide.issue_type([Kind("Epic"), Kind("Bug"), Kind("Task")], None).name == "Task"


def test_a_new_issue_is_else_the_first_type_that_stands_alone() -> None:
    assert decide.issue_type([Kind("Epic"), Kind("Sub-task", subtask=True), Kind("Story")], None).name == "Story"


def test_a_project_without_a_usable_type_is_refused() -> None:
    with pytest.raises(No):
        decide.issue_type([Kind("Sub-task", subtask=True)], None)


def test_a_step_is_found_by_its_name_before_the_status_it_leads_to() -> None:
    steps = [Step("Reopen", "Done"), Step("Done", "Closed")]

    assert decide.step_to(steps, "done") == steps[1]
    assert decide.step_to(steps, "closed") == steps[1]


def test_an_exact_user_name_wins_over_other_matches() -> None:
    adam = Person(name="adam", display_name="Ada Lovelace-Smith")

    assert decide.one_person([adam, ADA], "ADA") == ADA
    assert decide.one_person([GRACE, ADA], "Ada Lovelace") == ADA


def test_two_people_of_one_name_are_not_guessed_between() -> None:
    with pytest.raises(No, match="ambiguous"):
        decide.one_person([ADA, ADA.model_copy(update={"name": "ada2"})], "Ada Lovelace")


@pytest.mark.parametrize(
    ("words", "jql"),
    [
        ("broken login", 'text ~ "broken login" ORDER BY updated DESC'),
        ('say "hi"', r'text ~ "say \\\"hi\\\"" ORDER BY updated DESC'),
        ("a\\b", r'text ~ "a\\\\b" ORDER BY updated DESC'),
        ("C++ (new)", r'text ~ "C\\+\\+ \\(new\\)" ORDER BY updated DESC'),
        ("this OR that", 'text ~ "this or that" ORDER BY updated DESC'),
        (
            '" OR project = SECRET OR text ~ "',
            r'text ~ "\\\" or project = SECRET or text \\~ \\\"" ORDER BY updated DESC',
        ),
    ],
)
def test_plain_words_become_jql_that_means_these_words(words: str, jql: str) -> None:
    assert decide.text_search(words) == jql


@given(st.text(min_size=1).filter(lambda text: text.strip()))
def test_no_words_break_out_of_the_jql_string(words: str) -> None:
    jql = decide.text_search(words)
    inside = jql.removeprefix('text ~ "').removesuffix('" ORDER BY updated DESC')

    assert '"' not in inside.replace("\\\\", "").replace('\\"', "")
