"""Bodies: every string of the JSON is a template, everything else stays what it is."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from domain.messaging.content import Body
from domain.shared.channels import Channel
from domain.shared.errors import InvalidInput, RenderRefused, TemplateInvalid
from tests.unit.templating.engine import ENGINE, compiled, rendered

ORDER: dict[str, Any] = {
    "user": {"name": "홍길동", "tel": None},
    "user.city": "서울",
    "n": 3,
    "이름": "철수",
    "a-b": "c",
}


def push(body: Body, variables: dict[str, Any], *, strict: bool = False) -> Body:
    return ENGINE.compile(Channel.PUSH, body, strict=strict).render(variables)


def test_every_string_of_a_body_is_rendered() -> None:
    """Title, body, and strings at any depth of data, in lists, too; keys are taken as they are."""
    body: Body = {
        "title": "{{ user.name }}님",
        "body": "{% if n > 1 %}{{ n }}건{% endif %}",
        "data": {"deep": {"list": ["{{ 이름 }}", {"x": "{{ a-b }}"}]}, "{{ n }}": "key"},
    }
    assert push(body, ORDER) == {
        "title": "홍길동님",
        "body": "3건",
        "data": {"deep": {"list": ["철수", {"x": "c"}]}, "{{ n }}": "key"},
    }


def test_what_is_no_string_stays_what_it_is() -> None:
    """Numbers, booleans and null keep their types, and the order of keys is kept."""
    data: dict[str, Any] = {"z": 1, "y": 1.5, "x": True, "w": None, "v": [], "u": {}, "t": "{{ n }}"}
    found = push({"title": "a", "data": data, "badge": 3}, ORDER)
    assert found["data"] == {**data, "t": "3"}
    assert list(found) == ["title", "data", "badge"]
    assert found["badge"] == 3


def test_a_string_that_is_one_placeholder_becomes_text() -> None:
    """Whatever the variable is: FCM takes only text, and both platforms shall get the same."""
    variables = {"number": 7, "flag": True, "list": [1, 2], "nothing": None}
    body: Body = {"data": {name: f"{{{{ {name} }}}}" for name in variables}}
    assert push(body, variables) == {"data": {"number": "7", "flag": "true", "list": "12", "nothing": ""}}


@pytest.mark.parametrize(
    ("value", "made"),
    [(7, 7), ("7", 7), (" 007 ", 7), (0, 0), (2**31 - 1, 2**31 - 1), (2**31, None), (-1, None), (1.5, None), (7.0, None),
     ("many", None), ("", None), (None, None), (True, None), ("٣", None), ("7" * 5_000, None), ([1], 1)],
)  # fmt: skip
def test_a_key_that_must_be_a_number_is_one_or_refused_by_name(value: object, made: int | None) -> None:
    """Digits of 0 up to what the badge may be, quickly and through python-liquid alike; the same text elsewhere stays text."""
    for source in ("{{ n }}", "{% if true %}{{ n }}{% endif %}"):
        body: Body = {"title": "{{ n }}", "badge": source, "data": {"badge": "{{ n }}"}}
        made_body = ENGINE.compile(Channel.PUSH, body)
        variables: dict[str, Any] = {"n": value}
        if made is None:
            for refuse in (made_body.render, made_body.check_numbers):
                with pytest.raises(RenderRefused) as refused:
                    refuse(variables)
                assert refused.value.field == "content.badge"
                assert len(refused.value.message) < 200
        else:
            made_body.check_numbers(variables)
            found = made_body.render(variables)
            assert found["badge"] == made
            assert found["data"] == {"badge": found["title"]}
            assert isinstance(found["title"], str)


@pytest.mark.parametrize(("rounds", "looked_at"), [(3, True), (500, False)])
def test_looking_at_numbers_ahead_takes_no_longer_than_a_moment(rounds: int, looked_at: bool) -> None:
    """A long loop is left to the rendering, which refuses what is no number; one that ends soon is looked at."""
    source = f"{{% for i in (1..{rounds}) %}}{{{{ n }}}}{{% endfor %}}"
    made = ENGINE.compile(Channel.PUSH, {"badge": source})
    with pytest.raises(RenderRefused) as refused:
        made.render({"n": "x"})
    assert (refused.value.code, refused.value.field) == ("render_refused", "content.badge")
    with pytest.raises(RenderRefused) if looked_at else nullcontext():
        made.check_numbers({"n": "x"})


def test_an_in_app_message_has_numbers_within_its_display_rules() -> None:
    """Each by its path; a key of the same name elsewhere is text, and a body without Liquid in them checks nothing."""
    body: Body = {
        "priority": "{{ n }}",
        "display": {"priority": "{{ n }}", "max_total": "{{ m | default: 3 }}", "min_gap_s": 60},
    }
    made = ENGINE.compile(Channel.IN_APP, body)
    assert made.render({"n": "5"}) == {
        "priority": "5",
        "display": {"priority": 5, "max_total": 3, "min_gap_s": 60},
    }
    with pytest.raises(RenderRefused) as refused:
        made.check_numbers({"n": 5, "m": "often"})
    assert refused.value.field == "content.display.max_total"
    assert ENGINE.compile(Channel.IN_APP, {"display": {"start": "{{ n }}"}}).numbers == ()


def test_a_body_without_placeholders_is_itself() -> None:
    """Nothing to render, no names, and braces that are none of Liquid's stay."""
    body: Body = {"title": "a { b } }} %}", "data": {"n": 1}}
    made = ENGINE.compile(Channel.PUSH, body)
    assert not made.names
    assert made.render({"n": 2}) is body


def test_rendering_changes_no_other_rendering() -> None:
    """Constants are shared between renderings, rendered values are not."""
    made = ENGINE.compile(Channel.PUSH, {"title": "{{ n }}", "data": {"list": ["{{ n }}", 1]}})
    first, second = made.render({"n": 1}), made.render({"n": 2})
    assert first == {"title": "1", "data": {"list": ["1", 1]}}
    assert second == {"title": "2", "data": {"list": ["2", 1]}}


def test_korean_hyphenated_and_dotted_names_work() -> None:
    """As marketers write them."""
    assert rendered("{{ 이름 }} {{ a-b }} {{ user.city }} {{ user.name }}", ORDER) == "철수 c 서울 홍길동"


@pytest.mark.parametrize("ending", ["", "{% if false %}{% endif %}"], ids=["quick", "liquid"])
def test_a_flat_key_wins_over_nesting(ending: str) -> None:
    """The longest one; what a loop or an assign names is the template's own and is not looked up."""
    nested = {"a": {"b": {"c": "nested"}}}
    assert rendered("{{ a.b.c }}" + ending, nested) == "nested"
    assert rendered("{{ a.b.c }}" + ending, {**nested, "a.b": {"c": "shorter"}}) == "shorter"
    assert rendered("{{ a.b.c }}" + ending, {**nested, "a.b": {"c": "x"}, "a.b.c": "flat"}) == "flat"
    assert rendered("{{ a.b.c }}" + ending, {"a.b.c": "flat"}) == "flat"
    assert rendered("[{{ a.b.c }}]" + ending, {**nested, "a.b": "text"}) == "[]"
    assert rendered("{{ a.b.size }}{% if true %}{% endif %}", {"a.b": [1, 2]}) == "2"
    looped = "{% for a in list %}{{ a.b }}{% endfor %}"
    assert rendered(looped, {"list": [{"b": 1}, {"b": 2}], "a.b": "flat"}) == "12"
    assert rendered("{{ a.b }}" + looped + "{{ a.b }}", {"list": [{"b": 1}], "a.b": "f"}) == "f1f"
    assert rendered("{% assign a = x %}{{ a.b }}", {"x": {"b": 1}, "a.b": "flat"}) == "1"


def test_names_are_what_variables_may_be_called() -> None:
    """Both the first segment and the dotted forms; what the template itself defines is not asked for."""
    source = (
        "{{ user.name }}{{ a-b | default: fallback }}{% if vip and user['tier'] == level %}{% endif %}"
        "{% for item in order.items limit: most %}{{ item.name }}{{ forloop.index }}{{ items[index].x }}{% endfor %}"
        "{% assign greeting = hello %}{{ greeting }}{% capture c %}{{ inner }}{% endcapture %}{{ c }}"
        "{% case kind %}{% when special %}{% endcase %}{% cycle group: one, 'two' %}{% raw %}{{ raw }}{% endraw %}"
    )
    made = compiled(source)
    assert made.placeholders == {
        *(
            "user.name",
            "a-b",
            "fallback",
            "vip",
            "user.tier",
            "level",
            "order.items",
            "most",
            "items",
            "index",
        ),
        *("hello", "inner", "kind", "special", "group", "one"),
    }
    assert made.names == made.placeholders | {"user", "order"}


def test_a_name_that_is_only_sometimes_assigned_is_asked_for() -> None:
    """Where the assign does not run, the variable shows."""
    source = "{% if vip %}{% assign tier = 'gold' %}{% endif %}{{ tier }}"
    assert compiled(source).names == {"vip", "tier"}
    assert rendered(source, {"tier": "given"}) == "given"
    assert compiled("{{ x }}{% assign x = 1 %}{{ x }}").names == {"x"}


def test_missing_lists_placeholders_without_a_value() -> None:
    """Null counts as missing; flat keys count as values."""
    made = compiled("{{ user.name }}{{ user.tel }}{{ user.city }}{{ n }}{{ gone }}")
    assert made.missing(ORDER) == ("gone", "user.tel")


def test_missing_and_null_are_empty() -> None:
    """As the specification says, anywhere in a text."""
    assert rendered("[{{ gone }}][{{ user.tel }}][{{ gone.deep }}]", ORDER) == "[][][]"


@pytest.mark.parametrize(
    "source",
    [
        "{{ gone }}",
        "{{ user.tel }}",
        "{{ user.gone }}",
        "{{ gone | upcase }}",
        "{{ gone | upcase | default: 'x' }}",
        "{{ n | append: gone }}",
        "{% for one in gone %}{% endfor %}",
        "{% if true %}{{ user.tel }}{% endif %}",
        "{% assign x = gone %}{{ x }}",
    ],
)
def test_a_strict_template_refuses_what_it_would_show_as_nothing(source: str) -> None:
    """Missing or null, on the quick way and in Liquid; the refusal names string and variable."""
    with pytest.raises(RenderRefused, match="is missing or null, and the template is strict") as refused:
        compiled(source, strict=True).render(ORDER)
    assert refused.value.field == "content.title"
    assert refused.value.fix is not None
    assert "default" in refused.value.fix


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ user.name }}", "홍길동"),
        ("{{ gone | default: '고객' }}", "고객"),
        ("{{ user.tel | default: '없음' | upcase }}", "없음"),
        ("{{ gone | default: n }}", "3"),
        ("{% if gone %}x{% else %}y{% endif %}", "y"),
        ("{% if gone == nil %}x{% endif %}{% if user.tel %}y{% endif %}", "x"),
        ("{% unless user.tel %}x{% endunless %}", "x"),
        ("{% if gone > 1 %}x{% else %}y{% endif %}", "y"),
        ("{{ 'a,b' | split: ',' | last }}{{ empty }}", "b"),
    ],
)
def test_a_strict_template_may_ask_and_may_default(source: str, text: str) -> None:
    """A condition or a default says what shall happen without the value, so nothing is refused."""
    variables = {**ORDER, "empty": ""}
    assert rendered(source.replace("{{ empty }}", "{{ ['empty'] }}"), variables, strict=True) == text


def test_html_is_escaped_in_the_html_of_an_email_only() -> None:
    """Not in its subject or text, not in a push, not in a key called html elsewhere."""
    variables = {"x": "<b>&'\""}
    email: Body = {
        "subject": "{{ x }}",
        "html": "<p>{{ x }}</p>",
        "text": "{{ x }}",
        "nested": {"html": "{{ x }}"},
    }
    raw = "<b>&'\""
    assert ENGINE.compile(Channel.EMAIL, email).render(variables) == {
        "subject": raw,
        "html": "<p>&lt;b&gt;&amp;&#39;&#34;</p>",
        "text": raw,
        "nested": {"html": raw},
    }
    assert push({"title": "{{ x }}", "html": "{{ x }}"}, variables) == {"title": raw, "html": raw}


def test_html_that_is_known_to_be_safe_may_be_let_through() -> None:
    """By the template's author, with the filter that says so."""
    variables = {"x": "<b>bold</b>"}
    assert rendered("{{ x | safe }}|{{ x }}", variables, html=True) == "<b>bold</b>|&lt;b&gt;bold&lt;/b&gt;"


@pytest.mark.parametrize(
    ("source", "text", "fragment", "line", "column"),
    [
        ("안녕\n  {{ name", "is never closed", "{{", 2, 3),
        ("{% if a %}\n{% for b in c %}x{% endif %}", "comes first", "endfor", 2, 18),
        ("{% if a %}\n\n", "is never closed", "{% if %}", 1, 1),
        ("x\n{{ first name }}", "has a space in it", "first name", 2, 4),
        ("{{ ['first name'] }}", "has a space in it", "first name", 1, 4),
        ("{{ 이름 | nosuch }}", "there is no filter", "nosuch", 1, 9),
        ("{{ a | append }}", "missing a required argument", "append", 1, 8),
        ("{{ a | upcase: 1 }}", "too many positional arguments", "upcase", 1, 8),
        ("{% if a == %}x{% endif %}", "a value is missing here", "", 1, 11),
        ("{{ a | }}", "something is missing here", "", 1, 7),
        ("\n\n {% nosuch %}", "there is no tag", "nosuch", 3, 2),
        ("{% else %}", "stands outside of", "else", 1, 1),
        ("{{ }}", "an empty placeholder", "", 1, 1),
        ("{{ limit }}", "is a word of Liquid", "limit", 1, 4),
        ("{{ 'now' | date: '%Y' }}", "asks the clock", "now", 1, 4),
        ("{% raw %}{{", "is never closed", "{% raw %}", 1, 1),
        ("{% %}", "a tag without a name", "", 1, 1),
        ("{{ a == b }}", "did not expect", "", 1, 6),
    ],
)
def test_errors_say_where_and_what(source: str, text: str, fragment: str, line: int, column: int) -> None:
    """Field, line, column (both from 1), what is wrong, and what to do."""
    with pytest.raises(TemplateInvalid) as refused:
        ENGINE.compile(Channel.PUSH, {"data": {"list": ["x", source]}}, field="content.push")
    error = refused.value
    assert error.field == "content.push.data.list[1]"
    assert (error.line, error.column) == (line, column)
    assert error.extra == {"line": line, "column": column}
    assert text in error.message
    assert fragment in error.message
    assert error.fix


def test_json_that_could_not_be_stored_is_refused() -> None:
    """As in any content."""
    with pytest.raises(InvalidInput):
        ENGINE.compile(Channel.PUSH, {"title": "\x00"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (-1234.5, "-1,234.5"),
        ("12000", "12,000"),
        ("-1000.50", "-1,000.50"),
        ("약 3000", "약 3000"),
        (None, ""),
        (True, "true"),
        (0, "0"),
        ("", ""),
    ],
)
def test_numbers_can_be_written_with_delimiters(value: Any, text: str) -> None:
    """12,000원, as prices are written; what is no number stays as it is."""
    assert rendered("{{ n | number_with_delimiter }}", {"n": value}) == text


def test_dates_do_not_depend_on_where_and_when_they_are_rendered() -> None:
    """Numbers are seconds in UTC, gaps are filled from 1970, and the clock is not asked."""
    assert rendered("{{ n | date: '%Y-%m-%d %H:%M' }}", {"n": 0}) == "1970-01-01 00:00"
    assert rendered("{{ n | date: '%F %T' }}", {"n": "86400"}) == "1970-01-02 00:00:00"
    assert rendered("{{ n | date: '%F %H:%M' }}", {"n": "10:30"}) == "1970-01-01 10:30"
    assert rendered("{{ n | date: '%Z%z' }}", {"n": "2026-01-01T00:00:00Z"}) == "UTC+0000"
    assert rendered("{{ n | date: '%s' }}", {"n": "1970-01-02"}) == "86400"
    assert rendered("{{ now | date: '%Y' }}", {"now": "2026-05-01"}) == "2026"
    for word in ("now", "today"):
        with pytest.raises(RenderRefused, match="asks the clock"):
            compiled("{{ n | date: '%Y' }}").render({"n": word})
