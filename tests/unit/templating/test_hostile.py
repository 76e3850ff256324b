"""A template cannot do much work, whatever it says: it is refused when saved or when rendered, and changes nothing.

Work is counted, not timed, so these tests ask for the refusal (or for a small result); the times are measured by
tests/benchmarks/templating.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from adapters.templating import limits
from adapters.templating.body import LiquidBody
from adapters.templating.limits import LimitReached
from domain.shared.channels import Channel
from domain.shared.errors import RenderRefused, TemplateInvalid
from tests.unit.templating.engine import ENGINE, compiled, rendered

LONG = "x" * 60_000

AT_SAVE = {
    "a long source": "x{{ a }}" * 20_000,
    "many placeholders": "{{ a }}" * 501,
    "much code": ("{{ a | append: '" + "x" * 900 + "' }}") * 9,
    "a long expression": "{{ a | append: '" + "x" * 1_000 + "' }}",
    "deep nesting": "{% if a %}" * 13 + "{% endif %}" * 13,
    "bottomless nesting": "{% if a %}" * 400 + "{% endif %}" * 400,
    "many round brackets": "{{ " + "(" * 13 + "1..2" + ")" * 13 + " }}",
    "many square brackets": "{{ " + "a[" * 13 + "0" + "]" * 13 + " }}",
    "many blanks": "{{ a" + " " * 65 + "}}",
    "a long path": "{{ a" + ".b" * 12 + " }}",
    "a when of many values": "{% case 1 %}{% when " + ",".join("1" * 21) + " %}{% endcase %}",
    "a when within a when": ("{% case 1 %}{% when " + ",".join("1" * 20) + " %}") * 3
    + "x"
    + "{% endcase %}" * 3,
    "a raw that is never closed": "{% raw %}" * 400,
    "a comment that is never closed": "{% comment %}" * 400,
    "not upon not": "{% if " + "not " * 200 + "a %}{% endif %}",
}

AT_RENDERING: dict[str, tuple[str, dict[str, Any]]] = {
    "a huge range": ("{% for i in (1..100000000) %}x{% endfor %}", {}),
    "a huge range, reversed": ("{% for i in (1..100000000) reversed %}x{% endfor %}", {}),
    "one round of a huge range": ("{% for i in (1..100000000) limit: 1 offset: 99999998 %}x{% endfor %}", {}),
    "a range beyond machine words": ("{% for i in (1..1" + "0" * 500 + ") %}x{% endfor %}", {}),
    "a huge range, joined": ("{{ (1..100000000) | join }}", {}),
    "a range as large as it likes": ("{% for i in (1..n) %}x{% endfor %}", {"n": 10**12}),
    "nested loops": ("{% for i in (1..100) %}" * 4 + "x" + "{% endfor %}" * 4, {}),
    "loops that write nothing": ("{% for i in (1..100) %}" * 4 + "{% endfor %}" * 4, {}),
    "loops one after another": ("{% for i in (1..4000) %}{% endfor %}" * 50, {}),
    "a loop over nothing small": (
        "{% for i in a %}{% for j in a %}x{% endfor %}{% endfor %}",
        {"a": ["x"] * 2_000},
    ),
    "doubling by append": ("{% assign a = 'x' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}", {}),
    "doubling by capture": (
        "{% assign a = 'x' %}" + "{% capture a %}{{ a }}{{ a }}{% endcapture %}" * 40,
        {},
    ),
    "doubling in a loop": ("{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}", {"a": "x"}),
    "doubling a list": (
        "{% assign l = a | split: ',' %}" + "{% assign l = l | concat: l %}" * 30 + "{{ l | join }}",
        {"a": "x,y"},
    ),
    "appending much": ("{{ a | append: a }}", {"a": LONG}),
    "replacing all by much": ("{{ a | replace: 'x', a }}", {"a": LONG}),
    "replacing nothing by much": ("{{ a | replace: '', b }}", {"a": LONG[:9_000], "b": LONG[:9_000]}),
    "joining with much": ("{{ a | join: b }}", {"a": ["x"] * 3_000, "b": LONG}),
    "squaring": ("{% assign a = 9 %}" + "{% assign a = a | times: a %}" * 30, {}),
    "a long text in a loop": ("{% for i in (1..2000) %}{% assign b = a | upcase %}{% endfor %}", {"a": LONG}),
    "writing a long text again and again": ("{% for i in (1..1500) %}{{ a }}{% endfor %}", {"a": LONG}),
    "writing much by the quick way": ("{{ a }}" * 100, {"a": LONG}),
    "capturing a long text in a loop": (
        "{% for i in (1..1000) %}{% capture c %}{{ a }}{% endcapture %}{% endfor %}",
        {"a": LONG},
    ),
    "comparing long texts in a loop": (
        "{% for i in (1..1500) %}{% if a == b %}{% endif %}{% endfor %}",
        {"a": LONG, "b": LONG + "y"},
    ),
    "comparing long lists in a loop": (
        "{% for i in (1..1500) %}{% if a == b %}{% endif %}{% endfor %}",
        {"a": [1] * 4_000, "b": [1] * 4_000},
    ),
    "searching a long text in a loop": (
        "{% for i in (1..1500) %}{% if a contains 'y' %}{% endif %}{% endfor %}",
        {"a": LONG},
    ),
    "uniq of much": ("{{ a | uniq | size }}", {"a": [str(one) for one in range(4_000)]}),
    "stripping tags that are none": ("{{ a | strip_html }}", {"a": "<" * 9_000 + ">"}),
    "stripping half a tag again and again": ("{{ a | strip_html }}", {"a": "<a b='" * 4_000 + ">"}),
    "escaping much": ("{{ a | escape_once }}", {"a": "&" * 40_000}),
    "splitting into characters": ("{{ a | split: '' | size }}", {"a": LONG}),
    "dates of long texts": (
        "{% for i in (1..900) %}{{ a | date: '%Y' }}{% endfor %}",
        {"a": "2026-01-01 " * 5},
    ),
    "a long date format": ("{{ a | date: b }}", {"a": "2026-01-01", "b": "%c" * 200}),
    "cycles with long names": ("{% for i in (1..1500) %}{% cycle a: 1, 2 %}{% endfor %}", {"a": LONG}),
    "changes of a long text": (
        "{% for i in (1..900) %}{% ifchanged %}{{ a }}{% endifchanged %}{% endfor %}",
        {"a": LONG},
    ),
    "long lists by the quick way": ("{{ a }}" * 100, {"a": [1] * 2_000}),
    "a long object as text": ("{{ a }}", {"a": [{"k": str(one)} for one in range(9_000)]}),
}

HARMLESS: dict[str, tuple[str, dict[str, Any], str]] = {
    "the size of a huge range": ("{% assign r = (1..100000000) %}{{ r.size }}", {}, "100000000"),
    "a clock that is not there": ("[{{ now }}{{ today }}]", {}, "[]"),
    "a clock that is not there for Liquid": ("[{% if now %}x{% endif %}{{ today | upcase }}]", {}, "[]"),
    "private names of Python": ("[{{ a.__class__ }}{{ a.__init__ }}{{ a['__dict__'] }}]", {"a": "x"}, "[]"),
    "methods of values": (
        "[{{ a.upper }}{{ b.items }}{{ c.append }}]",
        {"a": "x", "b": {"k": 1}, "c": [1]},
        "[]",
    ),
    "format strings": ("{{ a }}%s{0}", {"a": "%(x)s{1.__class__}"}, "%(x)s{1.__class__}%s{0}"),
    "a template within a value": (
        "{{ a }}",
        {"a": "{{ b }}{% include 'x' %}", "b": "c"},
        "{{ b }}{% include 'x' %}",
    ),
}


@pytest.mark.parametrize("source", AT_SAVE.values(), ids=AT_SAVE.keys())
def test_oversized_sources_cannot_be_saved(source: str) -> None:
    """The refusal names the string, and where in it."""
    with pytest.raises(TemplateInvalid) as refused:
        compiled(source)
    assert refused.value.field == "content.title"
    assert refused.value.line == 1
    assert refused.value.fix


@pytest.mark.parametrize(("source", "variables"), AT_RENDERING.values(), ids=AT_RENDERING.keys())
def test_too_much_work_is_refused_while_rendering(source: str, variables: dict[str, Any]) -> None:
    """It ends with a refusal that names the string; the same every time, because work is counted and not timed."""
    body = compiled(source)
    for _ in range(2):
        with pytest.raises(LimitReached) as refused:
            body.render(variables)
        assert refused.value.field == "content.title"
        assert str(refused.value).startswith("content.title: the template ")


@pytest.mark.parametrize(("source", "variables", "text"), HARMLESS.values(), ids=HARMLESS.keys())
def test_tricks_lead_nowhere(source: str, variables: dict[str, Any], text: str) -> None:
    """Nothing but the variables can be read, and values are never read as templates."""
    assert rendered(source, variables) == text


@pytest.mark.parametrize(
    ("tag", "why"),
    [
        ("{% include 'x' %}", "templates cannot read other templates"),
        ("{% render 'x' %}", "templates cannot read other templates"),
        ("{% liquid assign a = 1 %}", "tags are written one by one here"),
        ("{% tablerow a in b %}{% endtablerow %}", "write the table's rows in a for loop"),
        ("{% extends 'x' %}", "use one of"),
    ],
)
def test_tags_that_reach_out_are_refused(tag: str, why: str) -> None:
    """No other template, no file, no second syntax."""
    with pytest.raises(TemplateInvalid, match="there is no tag") as refused:
        compiled(tag)
    assert refused.value.fix is not None
    assert why in refused.value.fix


def test_a_budget_is_shared_by_all_strings_of_a_body() -> None:
    """Splitting the work over many strings does not buy more of it."""
    loop = "{% for i in (1..1500) %}{{ i }}{% endfor %}"
    assert compiled(loop).render({})
    body = {"title": "x", "data": {str(number): loop for number in range(20)}}
    many = compiled_push(body)
    with pytest.raises(LimitReached) as refused:
        many.render({})
    assert refused.value.field is not None
    assert refused.value.field.startswith("content.data.")


def test_markers_are_counted_over_all_strings_of_a_body() -> None:
    """A body of many small strings is as large as one of a large one."""
    with pytest.raises(TemplateInvalid, match="more than 500"):
        compiled_push({"data": {str(number): "{{ a }}" for number in range(limits.MAX_MARKERS + 1)}})


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ("{{ a | divided_by: 0 }}", {"a": 1}),
        ("{{ a | times: 10 | ceil }}", {"a": 1e308}),
        ("{{ a | base64_decode }}", {"a": "gA=="}),
        ("{{ a | base64_decode }}", {"a": "x"}),
        ("{{ a | url_decode }}", {"a": "%00"}),
        ("{% if a < 'x' %}{% endif %}", {"a": 1}),
        ("{% if a contains 'x' %}{% endif %}", {"a": 1}),
        ("{{ a | sort | join }}", {"a": [1, "x", {}]}),
        ("{{ a | truncate: b }}", {"a": "x", "b": "y"}),
        ("{{ a | concat: 'x' }}", {"a": [1]}),
        ("{{ a | date: '%Y' }}", {"a": [1]}),
        ("{% for i in a limit: b %}{% endfor %}", {"a": [1], "b": "x"}),
    ],
)
def test_values_that_do_not_fit_refuse_the_message(source: str, variables: dict[str, Any]) -> None:
    """An error of the template at rendering is a refusal with a field, never anything else."""
    with pytest.raises(RenderRefused) as refused:
        compiled(source).render(variables)
    assert refused.value.field == "content.title"


def compiled_push(body: dict[str, Any]) -> LiquidBody:
    return ENGINE.compile(Channel.PUSH, body)
