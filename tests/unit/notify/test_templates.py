"""Templates look names up and do nothing else; subjects are one line and name nobody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.templates import IN_SUBJECT, names_in, one_line, plain, render

NOT_TEMPLATES = [
    "{{7*7}}",
    "{{ 7 * 7 }}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{% for x in range(9) %}x{% endfor %}",
    "{{''.__class__.__mro__[1].__subclasses__()}}",
    "{{config.items()}}",
    "{{request['application']}}",
    "{{ name|upper }}",
    "{{ name() }}",
    "{{ name.__class__ }}",
    "{{ self._TemplateReference__context }}",
    "{{lipsum.__globals__.os.popen('id').read()}}",
    "{{ [].append(1) }}",
    "{{'a'*10**9}}",
    "{{{case_number}",
    "{{case number}}",
    "{{CASE_NUMBER}}",
    "{{documents.}}",
    "{{documents..reply}}",
    "{{documents.reply.text}}",
    "{{documents[reply]}}",
    "{case_number}",
    "%(case_number)s",
    "{{#if name}}x{{/if}}",
    "{{>partial}}",
    "{{!comment}}",
    "{{&name}}",
    "{0.__init__.__globals__}",
    "{{case_number!r}}",
    "{{case_number:>100000000}}",
]


@pytest.mark.parametrize("text", NOT_TEMPLATES)
def test_what_is_not_a_plain_name_is_shown_as_it_is(text: str) -> None:
    rendered = render("s", text, {"case_number": "N", "name": "V", "documents.reply": "D"})

    assert rendered.body == text
    assert rendered.blanks == 0


@given(value=st.sampled_from([*NOT_TEMPLATES, "{{case_number}}", "{{name}}{{name}}"]))
def test_a_value_that_looks_like_a_template_is_shown_as_it_is(value: str) -> None:
    assert render("s", "[{{name}}] {{case_number}}", {"name": value, "case_number": "N"}).body == f"[{value}] N"


def test_a_name_without_a_value_stays_empty_and_is_counted() -> None:
    rendered = render("{{case_number}}", "{{nobody}}-{{reason}}-{{case_number}}", {"case_number": "N", "reason": None})

    assert (rendered.subject, rendered.body, rendered.blanks) == ("N", "--N", 2)


@pytest.mark.parametrize("name", ["name", "receipt_code", "reason", "progress_url", "documents.reply"])
def test_a_subject_never_shows_the_person_or_the_matter(name: str) -> None:
    rendered = render(f"about {{{{{name}}}}} {{{{case_number}}}}", "", {name: "CANARY", "case_number": "N"})

    assert rendered.subject == "about N"
    assert name not in IN_SUBJECT


@pytest.mark.parametrize(
    "value",
    [
        "a\r\nBcc: all@example.com",
        "a\nBcc: all@example.com",
        "a\rBcc: all@example.com",
        "a\u2028Bcc: all@example.com",
        "a\u2029Bcc: all@example.com",
        "a\x85Bcc: all@example.com",
        "a\x0bBcc: all@example.com",
        "a\x0cBcc: all@example.com",
        "a\x00Bcc: all@example.com",
        "a\x1b[31mBcc: all@example.com",
        "a\r\n\r\n<html>",
        "a\r\n\tBcc: all@example.com",
    ],
)
def test_a_subject_is_one_line_whatever_is_put_into_it(value: str) -> None:
    subject = render("{{case_number}}", "", {"case_number": value}).subject

    assert len(subject.splitlines()) == 1
    assert not any(ord(char) < 32 for char in subject)


@given(st.text())
def test_one_line_is_one_line_for_every_text(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert len(one_line(text)) <= 200


def test_a_body_keeps_its_line_breaks_and_loses_control_characters_and_overrides() -> None:
    assert plain("一\r\n二\t三\x00\x1b[0m\u202egpj.exe\u2028") == "一\n二\t三[0mgpj.exe"


def test_the_names_that_a_text_asks_for_are_known_beforehand() -> None:
    assert names_in("{{case_number}} {{7}}", "{{ name }} {{documents.reply}}") == {
        "case_number",
        "name",
        "documents.reply",
    }
