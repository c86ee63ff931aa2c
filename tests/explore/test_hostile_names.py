"""Names with tags in them stay words on the page and in its figures."""

from html.parser import HTMLParser

from negotiation.explore.handout import handout
from negotiation.explore.rendering import drawn
from negotiation.payoff_file import loads

BAD = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
MODEL = """
title: "{bad}"
about: "{bad}"
players:
  "{bad}": {{actions: ["<a href='https://evil.example'>C</a>", D], discount: 0.6}}
  "other {bad}": {{actions: ["{bad}", D], discount: 0.7}}
parameters:
  v: {{value: 9, range: [6, 12], unit: "{bad}", meaning: "{bad}", grade: assumed}}
payoffs:
  "{bad}": [[v, 1], [10, 3]]
  "other {bad}": [[9, 10], [1, 3]]
outcomes:
  "<b>pact</b>": {{truce: true, profiles: [["<a href='https://evil.example'>C</a>", "{bad}"]]}}
not_modelled: ["{bad}"]
"""


class Tags(HTMLParser):
    """Count tags, and keep what they lead to."""

    def __init__(self):
        super().__init__()
        self.seen, self.leads, self.names = [], [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.names |= {name for name, _ in attrs}
        self.leads += [value for name, value in attrs if name in ("src", "href", "action")]


def test_a_handout_has_no_tag_that_a_file_put_there():
    found = Tags()
    found.feed(handout(loads(MODEL.format(bad=BAD))))
    assert found.seen.count("script") == 1
    assert not any(name.startswith("on") for name in found.names)
    assert all(lead.startswith(("data:image/", "#")) for lead in found.leads)


def test_figures_have_no_tag_but_line_breaks():
    figure = {"alt": "x", "data": [{"text": ["<a href='https://e'>C</a><br>R&D &lt;"]}]}
    held = drawn(figure, "x")
    assert "href" in held
    assert "&amp;lt;a href" in held
    assert "&lt;br&gt;" in held
    assert "R&amp;amp;D &amp;amp;lt;" in held
